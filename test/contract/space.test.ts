import { mkdtempSync, rmSync, statSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { expect, it, onTestFinished } from 'vitest'
import { openLmdbStore } from '../../src/store/lmdb/store.ts'
import { openMemoryStore } from '../../src/store/memory/store.ts'

it('the lmdb store tells the size of its file and of its disk', async () => {
  const directory = mkdtempSync(path.join(tmpdir(), 'silhouette-space-'))
  onTestFinished(() => rmSync(directory, { recursive: true, force: true }))
  const store = await openLmdbStore(directory, { as: 'server' })
  onTestFinished(() => store.close())

  const space = await store.space()

  expect(space.bytes).toBe(statSync(path.join(directory, 'data.mdb')).size)
  expect(space.diskFreeBytes).toBeGreaterThan(0)
  expect(space.diskBytes).toBeGreaterThanOrEqual(space.diskFreeBytes!)
})

it('the memory store has no disk', async () => {
  expect(await openMemoryStore().space()).toEqual({})
})
