import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { Client } from 'cassandra-driver'
import { openCassandraStore } from '../../src/store/cassandra/store.ts'
import { openLmdbStore } from '../../src/store/lmdb/store.ts'
import { openMemoryStore } from '../../src/store/memory/store.ts'
import type { PartStore, Spool, Store } from '../../src/store/store.ts'
import { withMethods } from '../../src/lib/with-methods.ts'

/** Where a cluster is; `npm run test:cluster` starts one and says so. */
const clusterHost = process.env['CASSANDRA_HOST']

/** Opens an empty store of each kind, or of the cluster alone where there is one. */
export const stores: readonly (readonly [string, () => Promise<Store>])[] =
  clusterHost === undefined
    ? [
        ['memory', async () => openMemoryStore()],
        ['lmdb', openTemporaryLmdb],
      ]
    : [['cassandra', () => openTemporaryKeyspace(clusterHost)]]

export async function openTemporaryLmdb(): Promise<Store> {
  const directory = await mkdtemp(path.join(tmpdir(), 'silhouette-'))
  const store = await openLmdbStore(directory, { as: 'server' })
  const close = async () => {
    await store.close()
    await rm(directory, { recursive: true, force: true })
  }
  return { ...store, close }
}

/** One keyspace for all: making one takes seconds, emptying it less. Files that use it take turns. */
const keyspace = 'test_contract'

/** Opens the cluster store, empty. */
export async function openTemporaryKeyspace(host: string): Promise<Store> {
  const address = { hosts: [host], keyspace, datacenter: 'dc1', consistency: 'local_quorum' } as const
  const store = await openCassandraStore(address, { migrate: true })
  await emptyKeyspace(host)
  return store
}

async function emptyKeyspace(host: string) {
  const client = new Client({ contactPoints: [host], localDataCenter: 'dc1', keyspace })
  try {
    const query = 'SELECT table_name FROM system_schema.tables WHERE keyspace_name = ?'
    const { rows } = await client.execute(query, [keyspace])
    const tables = rows.map((row) => String(row['table_name'])).filter((table) => table !== 'meta')
    await Promise.all(tables.map((table) => client.execute(`TRUNCATE ${table}`, [], { readTimeout: 60_000 })))
  } finally {
    await client.shutdown()
  }
}

/** The same store, whose uploads cannot be read while it is broken. */
export function withoutUploads(store: Store, isBroken: () => boolean): Store {
  const { batches, spool } = store
  if (batches.parts === undefined) {
    const open: Spool['open'] = async (name) => (isBroken() ? undefined : spool.open(name))
    return { ...store, spool: withMethods(spool, { open }) }
  }
  const { parts } = batches
  const read: PartStore['read'] = async (batchId, part) =>
    isBroken() ? undefined : parts.read(batchId, part)
  return { ...store, batches: withMethods(batches, { parts: withMethods(parts, { read }) }) }
}
