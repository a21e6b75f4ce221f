import { reasonIn, Refusal } from '../../lib/errors.ts'
import type { Store } from '../store.ts'
import { BatchList } from './batches.ts'
import { cassandraDocuments } from './documents.ts'
import { Names } from './names.ts'
import { Parts } from './parts.ts'
import { CassandraProfiles } from './profiles.ts'
import { migrate, requireSchema } from './schema.ts'
import { clockSkewMsMax, describeSkew } from './nodes.ts'
import { silent, type Notices } from './notices.ts'
import { requestMsMax, Session, type ClusterAddress } from './session.ts'
import { CassandraSpool } from './spool.ts'
import { Tenants } from './tenants.ts'
import { CassandraTransfer } from './transfer.ts'

export interface CassandraOptions {
  /** Whether keyspace and tables are made and upgraded; else they must be there. */
  readonly migrate: boolean
  /** Told of what takes long, and of nodes that are lost and come back. */
  readonly notices?: Notices
}

/**
 * Opens a store on a Cassandra cluster, which any number of nodes share.
 *
 * @throws Error that says which node cannot be reached, what is wrong with the tables, or whose clock
 *         is off
 */
export async function openCassandraStore(address: ClusterAddress, options: CassandraOptions): Promise<Store> {
  const session = await openSession(address, options).catch(explain)
  const spool = new CassandraSpool(session)
  const batches = new BatchList(session)
  const parts = new Parts(session, batches, spool)
  const tenants = new Tenants(session)
  const names = new Names(session)
  return {
    profiles: new CassandraProfiles(session, tenants, names),
    documents: cassandraDocuments(session),
    batches: Object.assign(batches, { parts }),
    spool,
    transfer: new CassandraTransfer(session, { tenants, names, batches, parts, spool }),
    requestMsMax,
    space: async () => ({}),
    nodes: () => session.nodeStates(),
    close: () => session.close(),
  }
}

async function openSession(address: ClusterAddress, options: CassandraOptions): Promise<Session> {
  const { notices = silent } = options
  if (options.migrate) await migrate(address, notices)
  const session = new Session(address)
  await session.connect()
  try {
    if (!options.migrate) await requireSchema(session)
    await requireClocks(session)
    session.watchNodes(notices)
    return session
  } catch (error) {
    await session.close()
    throw error
  }
}

/** What callers are told of a cluster that cannot be used is of no use to whoever starts a server. */
function explain(error: unknown): never {
  if (!(error instanceof Refusal)) throw error
  const reason = reasonIn(error) ?? error.message
  throw new Error(
    `the Cassandra cluster cannot be used: ${reason}; \`silhouette doctor\` looks at each node`,
    {
      cause: error,
    },
  )
}

async function requireClocks(session: Session): Promise<void> {
  for (const [host, skewMs] of await session.clockSkewsMs()) {
    if (Math.abs(skewMs) <= clockSkewMsMax) continue
    throw new Error(describeSkew(host, skewMs))
  }
}
