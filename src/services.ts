import type { Config, StoreLocation } from './config.ts'
import { ClientDirectory } from './domain/clients/directory.ts'
import type { DomainContext } from './domain/context.ts'
import { systemClock } from './lib/clock.ts'
import { dayMs } from './model/limits.ts'
import { openLmdbStore, type LmdbOptions } from './store/lmdb/store.ts'
import { openMemoryStore } from './store/memory/store.ts'
import type { Store } from './store/store.ts'

/** Opens the store that the settings name. */
export async function openStore(location: StoreLocation, options: LmdbOptions): Promise<Store> {
  return location.kind === 'memory' ? openMemoryStore() : openLmdbStore(location.directory, options)
}

/** Makes what the domain functions of one thread work with. */
export function buildContext(config: Config, store: Store, batchAccepted: () => void): DomainContext {
  const clock = systemClock()
  return {
    store,
    clock,
    clients: new ClientDirectory(store.documents, clock),
    batchAccepted,
    settings: {
      profileLifetimeDays: config.profileLifetimeDays,
      batchBytesMax: config.batchBytesMax,
      batchRowsMax: config.batchRowsMax,
      batchRetentionMs: config.batchRetentionDays * dayMs,
      batchStuckMs: config.batchStuckSeconds * 1000,
      checkpointRows: config.checkpointRows,
    },
  }
}
