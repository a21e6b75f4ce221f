import { createHash, randomUUID } from 'node:crypto'
import { setTimeout as wait } from 'node:timers/promises'
import { silent, type Notices } from './notices.ts'
import { replicasMax, Session, type ClusterAddress } from './session.ts'

/** The layout's version. A store with a later one is not opened. */
export const schemaVersion = 2

/** A layout in which two nodes could lose a write; nothing of it is taken over. */
const trialVersion = 1

/** A node that changes the schema has so long before another takes over, ms. */
const changeMsMax = 120_000

/** How long a new keyspace may take to be known everywhere, and how often is looked, ms. */
const keyspaceMsMax = 30_000
const lookEveryMs = 500

/** The tables; docs/internals/cassandra.md says why they are as they are. */
const tables = [
  // An id, and the lives that began under it.
  `CREATE TABLE IF NOT EXISTS profiles (
    client text, kind tinyint, id text, life int,
    last_life int STATIC,
    attributes map<text, blob>, ids map<text, bigint>, lifetime blob, born bigint, joined blob,
    PRIMARY KEY ((client, kind, id), life))
    WITH CLUSTERING ORDER BY (life DESC) AND speculative_retry = '50ms'`,
  `CREATE TABLE IF NOT EXISTS names (
    client text, shard tinyint, name text, PRIMARY KEY ((client, shard), name))`,
  'CREATE TABLE IF NOT EXISTS removals (client text PRIMARY KEY, removals int)',
  // Linearizable writes alone.
  `CREATE TABLE IF NOT EXISTS documents (
    owner text, collection text, id text, version int, body text, change text,
    PRIMARY KEY ((owner), collection, id)) WITH speculative_retry = '50ms'`,
  'CREATE TABLE IF NOT EXISTS leases (name text PRIMARY KEY, holder text, until_ms bigint)',
  `CREATE TABLE IF NOT EXISTS parts (
    batch_id text, part int, holder text, until_ms bigint, result text,
    PRIMARY KEY ((batch_id), part))`,
  // Batches: one by id, and where those of a client are found.
  `CREATE TABLE IF NOT EXISTS batches (
    batch_id text PRIMARY KEY, facts text, progress text, progress_at bigint, completed_at bigint,
    problem text)`,
  `CREATE TABLE IF NOT EXISTS batch_months (
    client text, month int, accepted_at bigint, batch_id text, region text, completed_at bigint,
    PRIMARY KEY ((client, month), accepted_at, batch_id))`,
  'CREATE TABLE IF NOT EXISTS batch_spans (client text PRIMARY KEY, months set<int>)',
  `CREATE TABLE IF NOT EXISTS batch_clients (
    region text, client text, touched bigint, done_before bigint, PRIMARY KEY ((region), client))`,
  `CREATE TABLE IF NOT EXISTS failed_rows (
    batch_id text, part int, rows blob, PRIMARY KEY ((batch_id, part)))`,
  // Uploads, in parts of whole lines.
  `CREATE TABLE IF NOT EXISTS spool (
    name text PRIMARY KEY, day int, bytes bigint, parts int, touched_at bigint)`,
  `CREATE TABLE IF NOT EXISTS spool_days (day int, name text, PRIMARY KEY ((day), name))`,
  `CREATE TABLE IF NOT EXISTS spool_parts (
    name text, part int, bytes blob, first_line int, is_rest boolean, PRIMARY KEY ((name, part)))`,
] as const

/**
 * Makes the keyspace and its tables, or brings them to this version; what is there stays.
 *
 * Of several nodes that start at once, one does it and the others wait.
 */
export async function migrate(address: ClusterAddress, notices: Notices = silent): Promise<void> {
  const outside = new Session(address, { keyspace: false })
  await outside.connect()
  try {
    const found = await outside.read(
      'SELECT keyspace_name FROM system_schema.keyspaces WHERE keyspace_name = ?',
      [address.keyspace],
    )
    // Creating what exists is no change, so two nodes may do this much at once.
    if (found.length === 0) {
      const copies = copiesIn(outside.datacenters())
      tellCopies(address.keyspace, copies, notices)
      await outside.changeSchema(keyspaceStatement(address.keyspace, copies))
    }
  } finally {
    await outside.close()
  }
  const session = await connectOnceThere(address)
  try {
    await migrateTables(session)
  } finally {
    await session.close()
  }
}

/** A node may take a moment to learn of a keyspace that another one made. */
async function connectOnceThere(address: ClusterAddress): Promise<Session> {
  for (let waitedMs = 0; ; waitedMs += lookEveryMs) {
    const session = new Session(address)
    try {
      await session.connect()
      return session
    } catch (error) {
      const isEarly = error instanceof Error && error.message.includes('does not exist')
      if (!isEarly || waitedMs >= keyspaceMsMax) throw error
      await wait(lookEveryMs)
    }
  }
}

type Copies = readonly (readonly [datacenter: string, copies: number])[]

function copiesIn(datacenters: ReadonlyMap<string, number>): Copies {
  return [...datacenters].map(([name, nodes]) => [name, Math.min(replicasMax, nodes)])
}

function tellCopies(keyspace: string, copies: Copies, notices: Notices) {
  const text = copies.map(([name, count]) => `${count} in ${name}`).join(', ')
  notices.info(`making keyspace ${keyspace} (copies: ${text}) and its tables: up to half a minute`)
  if (copies.every(([, count]) => count >= replicasMax)) return
  notices.warn(
    `with fewer than ${replicasMax} copies no Cassandra node may be lost; once there are ${replicasMax} ` +
      'nodes, `silhouette doctor` says how to have more copies',
  )
}

function keyspaceStatement(keyspace: string, copies: Copies): string {
  const parts = copies.map(([name, count]) => `'${name}': ${count}`)
  const replication = `{'class': 'NetworkTopologyStrategy', ${parts.join(', ')}}`
  return `CREATE KEYSPACE IF NOT EXISTS "${keyspace}" WITH replication = ${replication}`
}

/**
 * Two nodes that make a table at once can leave the cluster with two of one name: one node at a time.
 */
async function migrateTables(session: Session): Promise<void> {
  const holder = randomUUID()
  for (;;) {
    const version = await readVersion(session)
    if (version === schemaVersion) return
    requireKnown(version, session.keyspace)
    await session.changeSchema(metaTable(session.keyspace))
    const nowMs = Date.now()
    if (await takeLock(session, holder, nowMs)) break
    await wait(lookEveryMs)
  }
  if ((await readVersion(session)) !== schemaVersion) {
    for (const table of tables) await session.changeSchema(table)
  }
  const query = "UPDATE meta SET value = ?, until_ms = 0 WHERE name = 'version' IF holder = ?"
  await session.writeIf([{ query, params: [schemaVersion, holder] }], 'install')
}

/**
 * The lock itself is in a table, which nodes may make at once because they all give it the same id.
 * A cluster has no two tables of one id, so it comes from the keyspace.
 */
function metaTable(keyspace: string): string {
  const digits = createHash('sha256').update(`meta of ${keyspace}`).digest('hex')
  const id = [digits.slice(0, 8), digits.slice(8, 12), `5${digits.slice(13, 16)}`, `8${digits.slice(17, 20)}`]
  return `CREATE TABLE IF NOT EXISTS meta (name text PRIMARY KEY, value int, holder text, until_ms bigint)
    WITH id = ${id.join('-')}-${digits.slice(20, 32)}`
}

async function takeLock(session: Session, holder: string, nowMs: number): Promise<boolean> {
  const untilMs = nowMs + changeMsMax
  const query = "INSERT INTO meta (name, value, holder, until_ms) VALUES ('version', 0, ?, ?) IF NOT EXISTS"
  if (await session.writeIf([{ query, params: [holder, untilMs] }], 'install')) return true
  return session.writeIf(
    [
      {
        query: "UPDATE meta SET holder = ?, until_ms = ? WHERE name = 'version' IF until_ms < ?",
        params: [holder, untilMs, nowMs],
      },
    ],
    'install',
  )
}

/**
 * Sees that the tables are those of this version, for a start that may not change them.
 *
 * @throws Error that says what to do
 */
export async function requireSchema(session: Session): Promise<void> {
  const version = await readVersion(session)
  requireKnown(version, session.keyspace)
  if (version === schemaVersion) return
  throw new Error(
    `the store has layout ${version ?? 'none'}, this version needs ${schemaVersion}; ` +
      'run `silhouette store migrate`, or let SILHOUETTE_STORE_MIGRATE be yes',
  )
}

function requireKnown(version: number | undefined, keyspace: string) {
  if (version === trialVersion) {
    throw new Error(
      `keyspace ${keyspace} was made by a trial version, whose layout is not read any more: copy its ` +
        `profiles with that version's \`silhouette store copy\`, or drop it with ` +
        `\`DROP KEYSPACE "${keyspace}"\` in cqlsh; or name another keyspace in SILHOUETTE_STORE_URL`,
    )
  }
  if (version === undefined || version <= schemaVersion) return
  throw new Error(`the store has layout ${version}, made by a later version; this one knows ${schemaVersion}`)
}

/** Reads the version of the tables; `undefined` when there are none. */
export async function readVersion(session: Session): Promise<number | undefined> {
  const [table] = await session.read(
    "SELECT table_name FROM system_schema.tables WHERE keyspace_name = ? AND table_name = 'meta'",
    [session.keyspace],
  )
  if (table === undefined) return undefined
  const [row] = await session.readSerial("SELECT value FROM meta WHERE name = 'version'", [])
  const value: unknown = row?.['value']
  return typeof value === 'number' ? value : undefined
}
