import { existsSync } from 'node:fs'
import type { Client } from '../domain/clients/directory.ts'
import { listClients } from '../domain/clients/manage.ts'
import type { DomainContext } from '../domain/context.ts'
import { readConfig, type Config } from '../config.ts'
import { buildContext, clusterOf, openStore } from '../services.ts'
import { migrate } from '../store/cassandra/schema.ts'
import { UsageError } from './errors.ts'
import type { Shell } from './shell.ts'

/** A store as the settings name it, opened beside the server that may be running on it. */
export interface Offline {
  readonly context: DomainContext
  /** The default client, else the first there is: its audit log tells what is done here. */
  readonly client: Client
}

/**
 * Works on the store itself, whether a server runs or not.
 *
 * @param storeUrl the flag `--store`; without it the setting
 * @throws UsageError when the settings are faulty or there is no store
 */
export async function withStore<Result>(
  { env }: Shell,
  storeUrl: string | undefined,
  work: (offline: Offline) => Promise<Result>,
): Promise<Result> {
  const config = readSettings(env, storeUrl)
  requireStore(config)
  const store = await openStore(config, { as: 'attached' })
  try {
    const context = buildContext(config, store, () => {})
    return await work({ context, client: await anyClient(context, config.defaultClient) })
  } finally {
    await store.close()
  }
}

/**
 * Makes or upgrades the tables of a cluster.
 *
 * @returns the keyspace
 * @throws  UsageError when the settings name no cluster
 */
export async function migrateStore(
  { env }: Shell,
  storeUrl: string | undefined,
  note: (text: string) => void,
): Promise<string> {
  const config = readSettings(env, storeUrl)
  const location = config.storeUrl
  if (location.kind !== 'cassandra') {
    throw new UsageError(
      'Only a cluster has tables.',
      'Name one by --store or SILHOUETTE_STORE_URL, as in cassandra://10.0.0.1/silhouette?datacenter=dc1.',
    )
  }
  await migrate(clusterOf(config, location), { info: note, warn: note })
  return location.keyspace
}

/**
 * Reads the settings, with the store that a flag names.
 *
 * @throws UsageError that lists what is wrong with them
 */
export function readSettings(env: Shell['env'], storeUrl: string | undefined): Config {
  const reading = readConfig({ env, argv: storeUrl === undefined ? [] : [`--store=${storeUrl}`] })
  if (reading.kind === 'config') return reading.config
  const faults = reading.kind === 'faults' ? reading.faults : []
  throw new UsageError(`${faults.map(({ name, message }) => `${name} ${message}`).join('; ')}.`)
}

/** Opening a directory would make a store of it. */
function requireStore({ storeUrl }: Config): void {
  if (storeUrl.kind === 'memory') throw new UsageError('A store in memory is in its server alone.')
  if (storeUrl.kind !== 'lmdb' || existsSync(`${storeUrl.directory}/data.mdb`)) return
  throw new UsageError(
    `There is no store in ${storeUrl.directory}.`,
    'Give the one of the server by --store or SILHOUETTE_STORE_URL, as in lmdb:/var/lib/silhouette.',
  )
}

async function anyClient(context: DomainContext, defaultClient: string): Promise<Client> {
  const named = await context.clients.get(defaultClient)
  const [first] = named === undefined ? await listClients(context) : []
  const client = named ?? (first && (await context.clients.get(first.code)))
  if (client !== undefined) return client
  throw new UsageError('The store holds no client: no server has ever run on it.')
}
