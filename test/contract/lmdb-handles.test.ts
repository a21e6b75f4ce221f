import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { afterEach, beforeEach, expect, it } from 'vitest'
import { openLmdbStore } from '../../src/store/lmdb/store.ts'
import type { Store } from '../../src/store/store.ts'
import { row, startMs, update, visit } from '../support/updates.ts'

// The server and its batch thread each have a handle: what one writes, the other has never seen.
let directory: string
let server: Store
let attached: Store
beforeEach(async () => {
  directory = await mkdtemp(path.join(tmpdir(), 'silhouette-'))
  server = await openLmdbStore(directory, { as: 'server' })
  attached = await openLmdbStore(directory, { as: 'attached' })
})
afterEach(async () => {
  await attached.close()
  await server.close()
  await rm(directory, { recursive: true, force: true })
})

const ids = { thirdPartyId: 'c1' }
const read = async (store: Store) => {
  const view = await store.profiles.get('demo', { kind: 'thirdPartyId', id: 'c1' }, startMs)
  return Object.fromEntries(view?.attributes.map(({ name, value }) => [name, value]) ?? [])
}

it('a handle reads at once what another wrote, under names that it has not met', async () => {
  await server.profiles.apply([visit({ ids, set: { plan: 'gold', city: 'Utrecht' } })], startMs)

  expect(await read(attached)).toEqual({ plan: 'gold', city: 'Utrecht' })
  await attached.profiles.apply([row({ ids, set: { tier: 'silver' }, atMs: startMs + 1 })], startMs)
  expect(await read(server)).toEqual({ plan: 'gold', city: 'Utrecht', tier: 'silver' })
})

it('a handle merges rows and updates into records under names that it has not met', async () => {
  await server.profiles.apply([visit({ ids, set: { a: 'first value', b: 'second value' } })], startMs)
  await attached.profiles.apply([row({ ids, set: { b: 'changed by a row' }, atMs: startMs + 1 })], startMs)
  await server.profiles.apply([visit({ ids, set: { c: 'third value' }, atMs: startMs + 2 })], startMs)
  await attached.profiles.apply([row({ ids, set: { c: 'changed again' }, atMs: startMs + 3 })], startMs)
  await attached.profiles.apply([update({ ids, remove: ['a'], atMs: startMs + 4 })], startMs)

  const expected = { b: 'changed by a row', c: 'changed again' }
  expect(await read(server)).toEqual(expected)
  expect(await read(attached)).toEqual(expected)
})
