import fc from 'fast-check'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { dayMs } from '../../src/model/limits.ts'
import { chiefIdOf, type Profile, type ProfileUpdate } from '../../src/model/profile.ts'
import { isSameId, type IdKind } from '../../src/model/visitor-id.ts'
import { openMemoryStore } from '../../src/store/memory/store.ts'
import type { Page, Store } from '../../src/store/store.ts'
import { applyAllBatches, testContext, upload } from '../support/context.ts'
import { stores } from '../support/stores.ts'
import { row, startMs, update, visit } from '../support/updates.ts'

/** Reads all pages; small ones, so that there are several. */
async function all<Item>(
  list: (options: { cursor: string | undefined; limit: number }) => Promise<Page<Item>>,
) {
  const items: Item[] = []
  let cursor: string | undefined
  do {
    const page = await list({ cursor, limit: 3 })
    items.push(...page.items)
    cursor = page.cursor
  } while (cursor !== undefined)
  return items
}

/** Profiles of a client by chief id. Ids of one kind have an order, attributes have none. */
async function profilesIn(store: Store, client: string, nowMs = startMs) {
  const stored = await all((options) => store.transfer.listProfiles({ ...options, nowMs }))
  const own = stored.filter((one) => one.client === client).map(({ profile }) => plain(profile))
  return own.toSorted((a, b) => (JSON.stringify(a.chief) < JSON.stringify(b.chief) ? -1 : 1))
}

function plain({ attributes, bornAtMs, expiresAtMs, ids, writtenAtMs }: Profile) {
  const ofKind = (kind: IdKind) => ids.filter((id) => id.kind === kind).map(({ id }) => id)
  return {
    bornAtMs,
    writtenAtMs,
    expiresAtMs,
    chief: chiefIdOf({ ids }),
    ids: { tntId: ofKind('tntId'), thirdPartyId: ofKind('thirdPartyId'), ecid: ofKind('ecid') },
    attributes: [...attributes].toSorted(([a], [b]) => (a < b ? -1 : 1)),
  }
}

async function copyProfiles(from: Store, to: Store, client: string, nowMs: number) {
  const stored = await all((options) => from.transfer.listProfiles({ ...options, nowMs }))
  const kept = stored.filter((one) => one.client === client)
  await to.transfer.putProfiles(kept, nowMs)
  const left = await profilesIn(to, client, nowMs)
  for (const { chief } of left) {
    const isKnown = kept.some(({ profile }) => isSameId(chiefIdOf(profile)!, chief!))
    if (!isKnown) await to.transfer.removeProfiles(client, [chief!], nowMs)
  }
}

describe.each(stores)('records that are copied, in the %s store', (_, open) => {
  let store: Store
  beforeEach(async () => {
    store = await open()
  })
  afterEach(() => store.close())

  it('list profiles with all their ids, stamps, removals, creation and expiry, and graves', async () => {
    const ids = { tntId: 't1', thirdPartyId: 'c1', ecid: 'e1' }
    await store.profiles.apply(
      [
        visit({ ids, set: { a: 'visit' } }),
        row({ ids: { thirdPartyId: 'c1' }, set: { b: 'row' }, line: 7, atMs: startMs + 5 }),
        update({ ids: { tntId: 't1' }, remove: ['c'], atMs: startMs + 9 }),
        visit({ client: 'other', ids: { tntId: 't1' }, atMs: startMs + 20 }),
        visit({ ids: { tntId: 't2' } }),
        update({ ids: { tntId: 't2' }, erase: true, atMs: startMs + 30 }),
        visit({ ids: { tntId: 'expired' }, lifetimeMs: 10 }),
      ],
      startMs,
    )

    const listed = await profilesIn(store, 'demo', startMs + 50)

    expect(listed).toEqual([
      {
        chief: { kind: 'thirdPartyId', id: 'c1' },
        ids: { tntId: ['t1'], thirdPartyId: ['c1'], ecid: ['e1'] },
        bornAtMs: startMs,
        writtenAtMs: startMs + 9,
        expiresAtMs: startMs + 9 + 14 * dayMs,
        attributes: [
          ['a', { value: 'visit', atMs: startMs, line: 0 }],
          ['b', { value: 'row', atMs: startMs + 5, line: 7 }],
          ['c', { value: undefined, atMs: startMs + 9, line: 0 }],
        ],
      },
      {
        chief: { kind: 'tntId', id: 't2' },
        ids: { tntId: ['t2'], thirdPartyId: [], ecid: [] },
        bornAtMs: startMs + 30,
        writtenAtMs: startMs + 30,
        expiresAtMs: startMs + 30,
        attributes: [['\0', { value: undefined, atMs: startMs + 30, line: 0 }]],
      },
    ])
    expect(await profilesIn(store, 'other')).toHaveLength(1)
  })

  it('put documents with their versions, new and over others, so that changes go on from there', async () => {
    await store.documents.commit('demo', [
      { kind: 'insert', collection: 'settings', id: 's', body: { old: 1 } },
    ])

    await store.transfer.putDocuments('demo', [
      { partition: 'demo', collection: 'settings', document: { id: 's', version: 7, body: { new: 1 } } },
      { partition: 'demo', collection: 'audit', document: { id: 'a1', version: 1, body: 'x' } },
    ])
    const changed = await store.documents.commit('demo', [
      { kind: 'replace', collection: 'settings', id: 's', ifVersion: 7, body: { newer: 1 } },
    ])

    expect(changed).toBe(true)
    const listed = await all((options) => store.transfer.listDocuments(options))
    expect(listed.toSorted((a, b) => (a.collection < b.collection ? -1 : 1))).toEqual([
      { partition: 'demo', collection: 'audit', document: { id: 'a1', version: 1, body: 'x' } },
      { partition: 'demo', collection: 'settings', document: { id: 's', version: 8, body: { newer: 1 } } },
    ])
  })

  it('put batches: complete ones with counts and failed rows, others so that they are applied anew', async () => {
    const source = openMemoryStore()
    const before = testContext(source)
    const client = await before.clients.ensure('demo', 14)
    const done = await upload(before, client, 'batch=pcId,a\nx,1\ny,%zz\n')
    await applyAllBatches(before)
    const waiting = await upload(before, client, 'batch=pcId,a\nz,1\nw,2\n')
    const context = testContext(store)
    await context.clients.ensure('demo', 14)

    for (const batch of await all((options) => source.transfer.listBatches(options))) {
      const text = await read(await source.transfer.readBatchText(batch))
      for (let times = 0; times < 2; times++) await store.transfer.putBatch(batch, pieces(text))
    }
    const listed = await all((options) => store.transfer.listBatches(options))
    const copied = await store.batches.get('demo', done.batchId)
    const failed = await read(copied && (await store.transfer.readBatchText(copied)))
    await applyAllBatches(context)

    expect(listed.map(({ batchId }) => batchId).toSorted()).toEqual(
      [done.batchId, waiting.batchId].toSorted(),
    )
    expect(copied).toEqual(await source.batches.get('demo', done.batchId))
    expect(failed).toMatch(/^batch=pcId,a\ny,%zz\n#/)
    expect((await store.batches.get('demo', waiting.batchId))?.progress).toMatchObject({
      created: 2,
      rowsApplied: 2,
    })
  })
})

async function read(text: AsyncIterable<Uint8Array> | undefined): Promise<string> {
  const found: Uint8Array[] = []
  for await (const piece of text ?? []) found.push(piece)
  return Buffer.concat(found).toString()
}

async function* pieces(text: string): AsyncGenerator<Uint8Array> {
  yield Buffer.from(text)
}

const idArb = fc.option(fc.constantFrom('1', '2', '3'), { nil: undefined, freq: 2 })
const updateArb = fc.record({
  ids: fc
    .record({ tntId: idArb, thirdPartyId: idArb, ecid: idArb })
    .filter((ids) => Object.values(ids).some((id) => id !== undefined)),
  set: fc.dictionary(fc.constantFrom('a', 'b'), fc.constantFrom('1', '2'), { noNullPrototype: true }),
  remove: fc.constantFrom<string[]>([], [], ['a']),
  kind: fc.constantFrom('visit', 'visit', 'update', 'row', 'erase'),
  atMs: fc.constantFrom(startMs, startMs + 1, startMs + 2),
})
const historyArb = fc.array(updateArb, { minLength: 1, maxLength: 10 })

function toUpdate(
  client: string,
  drawn: typeof updateArb extends fc.Arbitrary<infer T> ? T : never,
): ProfileUpdate {
  const { atMs, ids, kind, remove, set } = drawn
  if (kind === 'visit') return visit({ client, ids, set, remove, atMs })
  if (kind === 'update') return update({ client, ids, set, remove, atMs })
  const first = Object.entries(ids).find(([, id]) => id !== undefined)
  const one = Object.fromEntries(first ? [first] : [])
  if (kind === 'row') return row({ client, ids: one, set, line: 3, atMs })
  return update({ client, ids: one, erase: true, atMs: startMs + 5 })
}

describe.each(stores)('profiles that are copied while they change, in the %s store', (name, open) => {
  let store: Store
  beforeAll(async () => {
    store = await open()
  })
  afterAll(() => store.close())

  it(
    'are after the last copy as in their origin, and so by each of their ids',
    { timeout: 240_000 },
    async () => {
      let runs = 0
      await fc.assert(
        fc.asyncProperty(historyArb, historyArb, historyArb, async (...histories) => {
          const client = `client-${runs++}`
          const origin = openMemoryStore()
          const nowMs = startMs + 10
          for (const history of histories) {
            await origin.profiles.apply(
              history.map((drawn) => toUpdate(client, drawn)),
              nowMs,
            )
            await copyProfiles(origin, store, client, nowMs)
            await copyProfiles(origin, store, client, nowMs)
          }
          const back = openMemoryStore()
          await copyProfiles(store, back, client, nowMs)

          expect(await profilesIn(store, client, nowMs)).toEqual(await profilesIn(origin, client, nowMs))
          for (const kind of ['tntId', 'thirdPartyId', 'ecid'] as const)
            for (const id of ['1', '2', '3']) {
              const there = await origin.profiles.get(client, { kind, id }, nowMs)
              expect(sorted(await store.profiles.get(client, { kind, id }, nowMs))).toEqual(sorted(there))
              expect(sorted(await back.profiles.get(client, { kind, id }, nowMs))).toEqual(sorted(there))
            }
        }),
        { numRuns: name === 'cassandra' ? 20 : 40 },
      )
    },
  )
})

function sorted(view: Awaited<ReturnType<Store['profiles']['get']>>) {
  return view && { ...view, attributes: view.attributes.toSorted((a, b) => (a.name < b.name ? -1 : 1)) }
}
