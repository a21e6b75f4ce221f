import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { expect, it, onTestFinished } from 'vitest'
import { openLmdbStore } from '../../src/store/lmdb/store.ts'

it('holds an entry byte for byte, whatever pieces it came in', async () => {
  const directory = mkdtempSync(path.join(tmpdir(), 'silhouette-pieces-'))
  const store = await openLmdbStore(directory, { as: 'server' })
  onTestFinished(async () => {
    await store.close()
    rmSync(directory, { recursive: true, force: true })
  })
  // Many of a byte, some empty, and enough large ones that the disk takes them meanwhile.
  const sizes = [
    ...Array.from({ length: 3_000 }, (_, i) => i % 3),
    ...Array.from({ length: 12 }, () => 2 ** 20),
  ]
  const pieces = sizes.map((size, i) => Buffer.alloc(size, i))

  const writer = await store.spool.create('demo-1-1')
  for (const piece of pieces) await writer.write(piece)
  await writer.close()

  const written = Buffer.concat(pieces)
  const entry = await store.spool.open('demo-1-1')
  const held = Buffer.alloc(written.length)
  expect(entry?.size).toBe(written.length)
  entry?.read(held, held.length, 0)
  entry?.close()
  expect(held.equals(written)).toBe(true)
})
