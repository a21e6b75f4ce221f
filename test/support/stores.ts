import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { openLmdbStore } from '../../src/store/lmdb/store.ts'
import { openMemoryStore } from '../../src/store/memory/store.ts'
import type { Store } from '../../src/store/store.ts'

/** Opens an empty store of each kind; closing it leaves nothing behind. */
export const stores: readonly (readonly [string, () => Promise<Store>])[] = [
  ['memory', async () => openMemoryStore()],
  ['lmdb', openTemporaryLmdb],
]

export async function openTemporaryLmdb(): Promise<Store> {
  const directory = await mkdtemp(path.join(tmpdir(), 'silhouette-'))
  const store = await openLmdbStore(directory, { as: 'server' })
  const close = async () => {
    await store.close()
    await rm(directory, { recursive: true, force: true })
  }
  return { ...store, close }
}
