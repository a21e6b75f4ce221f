import type { Store } from '../store.ts'
import { memoryBatches } from './batches.ts'
import { memoryDocuments } from './documents.ts'
import { memoryProfiles } from './profiles.ts'
import { memorySpool } from './spool.ts'

/** A store that forgets when the process ends: the specification in code, for tests and for trying out. */
export function openMemoryStore(): Store {
  return {
    profiles: memoryProfiles(),
    documents: memoryDocuments(),
    batches: memoryBatches(),
    spool: memorySpool(),
    space: async () => ({}),
    close: async () => {},
  }
}
