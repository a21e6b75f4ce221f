import type { Config } from './config.ts'
import { OwnSignInAttempts } from './domain/accounts/attempts.ts'
import { Passwords } from './domain/accounts/passwords.ts'
import { People } from './domain/accounts/people.ts'
import { Sessions } from './domain/accounts/sessions.ts'
import { SingleSignOn } from './domain/accounts/single-sign-on.ts'
import { ClientDirectory } from './domain/clients/directory.ts'
import { OwnCallCounts } from './domain/call-counts.ts'
import { CallerLog } from './domain/callers/log.ts'
import type { ControlContext, DomainContext } from './domain/context.ts'
import type { SecretKey } from './domain/secret-key.ts'
import { TokenChecker } from './domain/tokens/verify.ts'
import { systemClock } from './lib/clock.ts'
import type { ClusterLocation } from './lib/cluster-url.ts'
import { dayMs } from './model/limits.ts'
import type { ClusterAddress } from './store/cassandra/session.ts'
import { openCassandraStore, type CassandraOptions } from './store/cassandra/store.ts'
import type { OpenAs } from './store/lmdb/environment.ts'
import { openLmdbStore } from './store/lmdb/store.ts'
import { openMemoryStore } from './store/memory/store.ts'
import type { Store } from './store/store.ts'

/** Opens the store that the settings name. */
export async function openStore(
  config: Config,
  { as, notices }: Pick<OpenAs, 'as'> & Pick<CassandraOptions, 'notices'>,
): Promise<Store> {
  const options = { as, isShared: config.workers > 1 }
  const location = config.storeUrl
  if (location.kind === 'memory') return openMemoryStore()
  if (location.kind === 'lmdb') return openLmdbStore(location.directory, options)
  const mayMigrate = as === 'server' && config.storeMigrate === 'yes'
  return openCassandraStore(clusterOf(config, location), {
    migrate: mayMigrate,
    ...(notices && { notices }),
  })
}

/** A cluster with what the settings say of it besides its URL. */
export function clusterOf(config: Config, location: ClusterLocation): ClusterAddress {
  const { cassandraUsername, cassandraPassword, cassandraCa } = config
  return {
    ...location,
    ...(cassandraUsername !== '' && { username: cassandraUsername }),
    ...(cassandraPassword !== undefined && { password: cassandraPassword }),
    ...(cassandraCa !== '' && { tls: { caFile: cassandraCa } }),
  }
}

/** Makes what the domain functions of one thread work with. */
export function buildContext(config: Config, store: Store, batchAccepted: () => void): DomainContext {
  const clock = systemClock()
  return {
    store,
    clock,
    clients: new ClientDirectory(store.documents, clock),
    people: new People(store.documents, clock),
    batchAccepted,
    settings: {
      profileLifetimeDays: config.profileLifetimeDays,
      batchBytesMax: config.batchBytesMax,
      batchRowsMax: config.batchRowsMax,
      batchRetentionMs: config.batchRetentionDays * dayMs,
      batchStuckMs: config.batchStuckSeconds * 1000,
      checkpointRows: config.checkpointRows,
      auditRetentionMs: config.auditRetentionDays * dayMs,
    },
  }
}

/** Adds what the control plane and the profile API's tokens need; the batch thread has no use for it. */
export function addControl(context: DomainContext, secretKey: SecretKey): ControlContext {
  const { store, clock, people } = context
  const callers = new CallerLog(store.documents, clock)
  return {
    ...context,
    secretKey,
    tokens: new TokenChecker(store.documents, clock),
    callers,
    flushCallers: () => callers.flush({ everything: false }),
    callCounts: new OwnCallCounts(clock),
    passwords: new Passwords(),
    attempts: new OwnSignInAttempts(clock),
    sessions: new Sessions(store.documents, clock, people),
  }
}

/** The provider of single sign-on, if the settings name one. */
export function singleSignOnOf(config: Config, context: ControlContext): SingleSignOn | undefined {
  const {
    oidcIssuer: issuer,
    oidcClientId: clientId,
    oidcClientSecret: clientSecret,
    oidcName: name,
  } = config
  if (issuer === '') return undefined
  const creates = config.oidcCreate === 'observer'
  return new SingleSignOn(context, { issuer, clientId, clientSecret, name, creates })
}
