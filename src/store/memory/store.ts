import type { Store } from '../store.ts'
import { memoryBatches, type Entries } from './batches.ts'
import { memoryDocuments, type Partitions } from './documents.ts'
import { memoryProfiles, Tenants } from './profiles.ts'
import { memorySpool } from './spool.ts'
import { memoryTransfer } from './transfer.ts'

/** A store that forgets when the process ends: the specification in code, for tests and for trying out. */
export function openMemoryStore(): Store {
  const tenants = new Tenants()
  const partitions: Partitions = new Map()
  const entries: Entries = new Map()
  const spool = memorySpool()
  return {
    profiles: memoryProfiles(tenants),
    documents: memoryDocuments(partitions),
    batches: memoryBatches(entries),
    spool,
    transfer: memoryTransfer({ tenants, partitions, entries, spool }),
    space: async () => ({}),
    close: async () => {},
  }
}
