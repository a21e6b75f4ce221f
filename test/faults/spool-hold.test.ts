import { mkdtempSync, readdirSync, rmSync, utimesSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { beforeEach, expect, it, onTestFinished, vi } from 'vitest'
import { placeHold } from '../../src/store/lmdb/hold.ts'
import { openLmdbStore } from '../../src/store/lmdb/store.ts'
import type { Spool } from '../../src/store/store.ts'

let directory: string
let spool: Spool

beforeEach(async () => {
  directory = mkdtempSync(path.join(tmpdir(), 'silhouette-hold-'))
  const store = await openLmdbStore(directory, { as: 'server' })
  onTestFinished(async () => {
    await store.close()
    rmSync(directory, { recursive: true, force: true })
  })
  spool = store.spool
  const writer = await spool.create('demo-1-1')
  await writer.write(Buffer.from('batch=pcId,a\nx,1\n'))
  await writer.close()
})

async function isThere(): Promise<boolean> {
  const entry = await spool.open('demo-1-1')
  entry?.close()
  return entry !== undefined
}

function holdFiles(): string[] {
  return readdirSync(directory).filter((name) => name.endsWith('.hold'))
}

it('keeps what is removed from the spool until it is released', async () => {
  const hold = await placeHold(directory)

  await spool.remove('demo-1-1')
  const whileHeld = await isThere()
  await hold.release()
  await spool.remove('demo-1-1')

  expect(whileHeld).toBe(true)
  expect(await isThere()).toBe(false)
  expect(holdFiles()).toEqual([])
})

it('keeps nothing for a process that was killed half a minute ago, and is cleared away', async () => {
  const hold = await placeHold(directory)
  onTestFinished(() => hold.release())
  const longAgo = new Date(Date.now() - 31_000)
  for (const name of holdFiles()) utimesSync(path.join(directory, name), longAgo, longAgo)

  await spool.remove('demo-1-1')

  expect(await isThere()).toBe(false)
  expect(holdFiles()).toEqual([])
})

it('holds for each backup by itself', async () => {
  const [one, other] = [await placeHold(directory), await placeHold(directory)]
  onTestFinished(() => other.release())

  await one.release()
  await spool.remove('demo-1-1')

  expect(await isThere()).toBe(true)
})

it('does not pass for unbroken when its process stood still for too long', async () => {
  const hold = await placeHold(directory)
  onTestFinished(() => hold.release())
  vi.useFakeTimers({ toFake: ['Date'], now: Date.now() + 20_000 })
  onTestFinished(() => void vi.useRealTimers())

  const judge = () => hold.requireUnbroken()

  expect(judge).toThrow('try again')
})
