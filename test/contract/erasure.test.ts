import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { removalKeptMs } from '../../src/model/limits.ts'
import type { Batch } from '../../src/model/batch.ts'
import type { VisitorId } from '../../src/model/visitor-id.ts'
import type { Store } from '../../src/store/store.ts'
import { stores } from '../support/stores.ts'
import { row, startMs, update, visit } from '../support/updates.ts'

const tnt: VisitorId = { kind: 'tntId', id: '1' }
const ada: VisitorId = { kind: 'thirdPartyId', id: 'ada' }

describe.each(stores)('in the %s store', (_, open) => {
  let store: Store
  let clients = 0
  beforeAll(async () => {
    store = await open()
  })
  afterAll(() => store.close())

  /** A client of its own for each test, with one profile that has two ids. */
  async function start() {
    const client = `client-${clients++}`
    const ids = { tntId: '1', thirdPartyId: 'ada' }
    await store.profiles.apply([visit({ client, ids, set: { plan: 'gold' } })], startMs)
    const valuesOf = async (id: VisitorId, nowMs: number) => {
      const view = await store.profiles.get(client, id, nowMs)
      return view && Object.fromEntries(view.attributes.map(({ name, value }) => [name, value]))
    }
    return { client, valuesOf }
  }

  it('an erased profile is gone at once under all its ids, and erasing it again finds nothing', async () => {
    const { client, valuesOf } = await start()
    const erasure = update({ client, ids: { tntId: '1' }, erase: true, atMs: startMs + 10 })

    const outcomes = await store.profiles.apply([erasure, erasure], startMs + 10)

    expect(outcomes).toEqual([{ kind: 'erased' }, { kind: 'not-found' }])
    expect([await valuesOf(tnt, startMs + 10), await valuesOf(ada, startMs + 10)]).toEqual([
      undefined,
      undefined,
    ])
  })

  it('a batch row from before an erasure brings nothing back, one from after it does', async () => {
    const { client, valuesOf } = await start()
    const nowMs = startMs + 20
    await store.profiles.apply(
      [update({ client, ids: { tntId: '1' }, erase: true, atMs: startMs + 10 })],
      nowMs,
    )
    const ids = { thirdPartyId: 'ada' }

    const early = await store.profiles.apply(
      [
        row({ client, ids, set: { a: '1' }, atMs: startMs + 5 }),
        row({ client, ids, set: { a: '1' }, atMs: startMs + 5, create: false }),
      ],
      nowMs,
    )
    const before = await valuesOf(ada, nowMs)
    await store.profiles.apply([row({ client, ids, set: { b: '2' }, atMs: startMs + 15 })], nowMs)

    expect(early.map(({ kind }) => kind)).toEqual(['unchanged', 'not-found'])
    expect(before).toBeUndefined()
    expect(await valuesOf(ada, nowMs)).toEqual({ b: '2' })
  })

  it('a profile made anew after an erasure takes nothing from rows before it', async () => {
    const { client, valuesOf } = await start()
    const nowMs = startMs + 20
    const ids = { thirdPartyId: 'ada' }
    await store.profiles.apply([update({ client, ids, erase: true, atMs: startMs + 10 })], nowMs)
    await store.profiles.apply([visit({ client, ids, set: { city: 'Rome' }, atMs: nowMs })], nowMs)

    const late = await store.profiles.apply(
      [row({ client, ids, set: { plan: 'old' }, atMs: startMs + 5 })],
      nowMs,
    )

    expect(late).toEqual([expect.objectContaining({ kind: 'unchanged' })])
    expect(await valuesOf(ada, nowMs)).toEqual({ city: 'Rome' })
    expect(await valuesOf(tnt, nowMs)).toBeUndefined()
  })

  it('the mark of an erasure outlives sweeps for 30 days, then its space is given back', async () => {
    const { client } = await start()
    const ids = { thirdPartyId: 'ada' }
    await store.profiles.apply([update({ client, ids, erase: true, atMs: startMs })], startMs)
    const sweep = async (nowMs: number) => {
      let removed = 0
      let cursor: string | undefined
      do {
        const swept = await store.profiles.sweep({ cursor, limit: 100, nowMs })
        removed += swept.removed
        cursor = swept.cursor
      } while (cursor !== undefined)
      return removed
    }

    await sweep(startMs + removalKeptMs)
    const [marked] = await store.profiles.apply(
      [row({ client, ids, set: { a: '1' }, atMs: startMs - 1 })],
      startMs,
    )
    const removed = await sweep(startMs + removalKeptMs + 1)

    expect(marked?.kind).toBe('unchanged')
    expect(removed).toBeGreaterThanOrEqual(2)
  })

  it('a removed client leaves no profile and no name, and one made again is written and read', async () => {
    const { client, valuesOf } = await start()

    await store.profiles.removeClient(client)
    const gone = [await valuesOf(ada, startMs), await store.profiles.attributeNames(client)]
    await store.profiles.apply([visit({ client, ids: { tntId: '2' }, set: { x: '1' } })], startMs)

    expect(gone).toEqual([undefined, []])
    expect(await valuesOf({ kind: 'tntId', id: '2' }, startMs)).toEqual({ x: '1' })
    expect(await valuesOf(ada, startMs)).toBeUndefined()
    expect(await store.profiles.attributeNames(client)).toEqual(['x'])
  })

  it('removing a name that was never set does not make it one', async () => {
    const { client } = await start()

    await store.profiles.apply([update({ client, ids: { tntId: '1' }, remove: ['never'] })], startMs)

    expect(await store.profiles.attributeNames(client)).toEqual(['plan'])
  })

  it('batches are listed by client, the latest first, a page at a time, and forgotten with their client', async () => {
    const batch = (client: string, at: number): Batch => ({
      batchId: `${client}-${startMs + at}-1`,
      client,
      version: 2,
      key: 'pcId',
      acceptedAtMs: startMs + at,
      rows: 1,
      bytes: 10,
      progress: {
        rowsApplied: 0,
        created: 0,
        updated: 0,
        unchanged: 0,
        profilesNotFound: 0,
        failedUpdates: 0,
      },
      progressAtMs: startMs + at,
    })
    const client = `client-${clients++}`
    for (const at of [1, 2, 3]) await store.batches.accept(batch(client, at))
    await store.batches.accept(batch(`${client}0`, 4))

    const page = await store.batches.list(client, { limit: 1, offset: 1 })
    const removed = await store.batches.removeClient(client)

    expect([page.total, page.batches.map(({ acceptedAtMs }) => acceptedAtMs - startMs)]).toEqual([3, [2]])
    expect(removed.length).toBe(3)
    expect((await store.batches.list(client, { limit: 9, offset: 0 })).total).toBe(0)
    expect((await store.batches.list(`${client}0`, { limit: 9, offset: 0 })).total).toBe(1)
    expect(await store.batches.head(client)).toBeUndefined()
    await store.batches.removeClient(`${client}0`)
  })

  it('documents are listed page by page within a prefix, and cleared by collection', async () => {
    const insert = (id: string) => ({ kind: 'insert', collection: 'c', id, body: { id } }) as const
    const partition = `part-${clients++}`
    await store.documents.commit(partition, ['a/1', 'a/2', 'a/3', 'b/1'].map(insert))
    await store.documents.commit(`${partition}0`, [insert('a/1')])
    const list = async (options: { prefix?: string; after?: string; limit: number }) =>
      (await store.documents.list(partition, 'c', options)).map(({ id }) => id)

    expect(await list({ limit: 0 })).toEqual([])
    expect(await list({ prefix: 'a/', limit: 2 })).toEqual(['a/1', 'a/2'])
    expect(await list({ prefix: 'a/', after: 'a/2', limit: 2 })).toEqual(['a/3'])
    expect(await list({ after: 'a/3', limit: 9 })).toEqual(['b/1'])
    await store.documents.commit(partition, [{ ...insert('kept'), collection: 'cc' }])
    await store.documents.clear(partition, ['c', 'none'])
    expect(await list({ limit: 9 })).toEqual([])
    expect(await store.documents.get(partition, 'cc', 'kept')).toBeDefined()
    expect(await store.documents.get(partition, 'c', 'x'.repeat(5_000))).toBeUndefined()
    expect(await store.documents.get(`${partition}0`, 'c', 'a/1')).toBeDefined()
  })
})
