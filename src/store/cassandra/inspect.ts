import { connect } from 'node:net'
import { auth, Client, policies, types, type Host } from 'cassandra-driver'
import { mapConcurrently } from '../../lib/pool.ts'
import { numberOf } from './columns.ts'
import { readVersion, schemaVersion } from './schema.ts'
import { Session, tlsOptions, type ClusterAddress } from './session.ts'

/** How long a node may take to let itself be reached, ms. */
const answerMsMax = 3_000

/** Nodes that are asked at a time. */
const nodesAtOnce = 8

/** What is seen of one node of a cluster. */
export interface NodeLook {
  readonly address: string
  readonly datacenter: string
  /** What it says of itself; `undefined` of one that does not answer. */
  readonly said: NodeWords | undefined
}

export interface NodeWords {
  readonly version: string
  /** The state of the tables' definitions as it knows them. */
  readonly schema: string
  /** How far its clock is off ours at least, ms; ahead of ours is positive. */
  readonly skewMs: number
}

/** What is seen of a keyspace. */
export interface KeyspaceLook {
  /** Layout of the tables; `undefined` when there are none. */
  readonly layout: number | undefined
  /** Why the tables cannot be read, if so. */
  readonly fault: string | undefined
  /** The layout that this version reads and writes. */
  readonly layoutKnown: number
  /** `NetworkTopologyStrategy` or another. */
  readonly strategy: string
  /** Copies by data centre; by `''` where the strategy knows none. */
  readonly copies: ReadonlyMap<string, number>
  /** Least time for which deletions are kept of any table, seconds. */
  readonly graceSeconds: number | undefined
}

export interface ClusterLook {
  readonly nodes: readonly NodeLook[]
  /** `undefined` when there is no such keyspace. */
  readonly keyspace: KeyspaceLook | undefined
}

/**
 * Looks at a cluster and changes nothing: at each node by itself, in all data centres, and at the keyspace.
 *
 * @throws Error when none of the hosts named lets itself be used
 */
export async function inspectCluster(address: ClusterAddress): Promise<ClusterLook> {
  const session = new Session(address, { keyspace: false })
  await session.connect()
  try {
    const nodes = await mapConcurrently(session.hosts(), nodesAtOnce, (host) => lookAtNode(host, address))
    return { nodes, keyspace: await lookAtKeyspace(session, address) }
  } finally {
    await session.close()
  }
}

async function lookAtNode(host: Host, address: ClusterAddress): Promise<NodeLook> {
  const { address: at, datacenter } = host
  const said = (await isReached(at)) ? await ask(host, address).catch(() => undefined) : undefined
  return { address: at, datacenter, said }
}

/** The driver would try for long to reach a node that is not there. */
function isReached(at: string): Promise<boolean> {
  const colon = at.lastIndexOf(':')
  const host = at.slice(0, colon).replace(/^\[(.*)\]$/, '$1')
  return new Promise((resolve) => {
    const socket = connect({ host, port: Number(at.slice(colon + 1)), timeout: answerMsMax })
    const end = (reached: boolean) => {
      socket.destroy()
      resolve(reached)
    }
    socket.once('connect', () => end(true))
    socket.once('timeout', () => end(false))
    socket.once('error', () => end(false))
  })
}

/** Asks one node by a client of its own, which speaks to no other. */
async function ask(
  { address, datacenter }: Host,
  { password, tls, username }: ClusterAddress,
): Promise<NodeWords> {
  const nearest = new policies.loadBalancing.DCAwareRoundRobinPolicy(datacenter)
  const client = new Client({
    contactPoints: [address],
    localDataCenter: datacenter,
    ...(username !== undefined && { authProvider: new auth.PlainTextAuthProvider(username, password ?? '') }),
    ...(tls && { sslOptions: tlsOptions(tls) }),
    socketOptions: { connectTimeout: answerMsMax, readTimeout: answerMsMax },
    policies: { loadBalancing: new policies.loadBalancing.AllowListPolicy(nearest, [address]) },
  })
  try {
    await client.connect()
    const query = 'SELECT release_version, schema_version, now() AS now FROM system.local'
    const sentMs = Date.now()
    const { rows } = await client.execute(query)
    const answeredMs = Date.now()
    const [row] = rows
    const now: unknown = row?.['now']
    const theirMs = now instanceof types.TimeUuid ? now.getDate().getTime() : sentMs
    return {
      version: String(row?.['release_version']),
      schema: String(row?.['schema_version']),
      // What may have passed on the way is not skew.
      skewMs: theirMs < sentMs ? theirMs - sentMs : Math.max(0, theirMs - answeredMs),
    }
  } finally {
    await client.shutdown()
  }
}

async function lookAtKeyspace(outside: Session, address: ClusterAddress): Promise<KeyspaceLook | undefined> {
  const { keyspace } = address
  const query = 'SELECT replication FROM system_schema.keyspaces WHERE keyspace_name = ?'
  const [row] = await outside.read(query, [keyspace])
  if (row === undefined) return undefined
  const replication = new Map(row['replication'] instanceof Map ? row['replication'] : [])
  const strategy = String(replication.get('class')).split('.').at(-1) ?? ''
  replication.delete('class')
  const copies = new Map<string, number>()
  // Of a strategy without data centres there is one number.
  for (const [name, count] of replication)
    copies.set(name === 'replication_factor' ? '' : String(name), Number.parseInt(String(count), 10))
  const tables = await outside.readAll(
    'SELECT gc_grace_seconds FROM system_schema.tables WHERE keyspace_name = ?',
    [keyspace],
  )
  const graces = tables.flatMap((table) => numberOf(table['gc_grace_seconds']) ?? [])
  return {
    ...(await layoutOf(address)),
    layoutKnown: schemaVersion,
    strategy,
    copies,
    graceSeconds: graces.length > 0 ? Math.min(...graces) : undefined,
  }
}

/** With too few nodes up nothing can be read: then that is what is to be told. */
async function layoutOf(address: ClusterAddress): Promise<Pick<KeyspaceLook, 'layout' | 'fault'>> {
  const session = new Session(address)
  await session.connect()
  try {
    return { layout: await readVersion(session), fault: undefined }
  } catch (error) {
    return { layout: undefined, fault: error instanceof Error ? error.message : String(error) }
  } finally {
    await session.close()
  }
}
