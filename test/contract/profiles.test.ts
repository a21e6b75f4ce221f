import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { dayMs, linkedIdsMax, profileBytesMax } from '../../src/model/limits.ts'
import type { ProfileUpdate } from '../../src/model/profile.ts'
import type { IdKind } from '../../src/model/visitor-id.ts'
import type { Store } from '../../src/store/store.ts'
import { stores } from '../support/stores.ts'
import { row, startMs, update, visit } from '../support/updates.ts'

describe.each(stores)('profiles in the %s store', (_, open) => {
  let store: Store
  beforeEach(async () => {
    store = await open()
  })
  afterEach(() => store.close())

  const applyAll = async (updates: ProfileUpdate[], nowMs = startMs) =>
    (await store.profiles.apply(updates, nowMs)).map(({ kind }) => kind)
  const read = async (kind: IdKind, id: string, nowMs = startMs) => {
    const view = await store.profiles.get('demo', { kind, id }, nowMs)
    return view && Object.fromEntries(view.attributes.map(({ name, value }) => [name, value]))
  }

  const sweep = async (nowMs: number) => {
    let removed = 0
    let cursor: string | undefined
    do {
      const swept = await store.profiles.sweep({ cursor, limit: 7, nowMs })
      removed += swept.removed
      cursor = swept.cursor
    } while (cursor !== undefined)
    return removed
  }

  it('creates a profile by a visit and finds it by each of its ids', async () => {
    const ids = { tntId: 't1', thirdPartyId: 'c1', ecid: 'e1' }

    const outcomes = await applyAll([visit({ ids, set: { tier: 'gold' } })])

    expect(outcomes).toEqual(['created'])
    expect(await read('tntId', 't1')).toEqual({ tier: 'gold' })
    expect(await read('thirdPartyId', 'c1')).toEqual({ tier: 'gold' })
    expect(await read('ecid', 'e1')).toEqual({ tier: 'gold' })
    expect(await read('thirdPartyId', 't1')).toBeUndefined()
  })

  it('keeps the profiles of two clients apart', async () => {
    await applyAll([visit({ ids: { tntId: 't1' }, set: { a: '1' } })])

    expect(await store.profiles.get('other', { kind: 'tntId', id: 't1' }, startMs)).toBeUndefined()
    expect(await applyAll([update({ client: 'other', ids: { tntId: 't1' }, set: { a: '2' } })])).toEqual([
      'not-found',
    ])
    expect(await read('tntId', 't1')).toEqual({ a: '1' })
  })

  it('shows firstSessionStart as creation and modifiedAt as the latest attribute time', async () => {
    await applyAll([visit({ ids: { tntId: 't1' }, set: { a: '1' } })])
    await applyAll([update({ ids: { tntId: 't1' }, set: { b: '2' }, atMs: startMs + 5 })])

    expect(await store.profiles.get('demo', { kind: 'tntId', id: 't1' }, startMs)).toEqual({
      bornAtMs: startMs,
      modifiedAtMs: startMs + 5,
      attributes: [
        { name: 'a', value: '1', atMs: startMs },
        { name: 'b', value: '2', atMs: startMs + 5 },
      ],
    })
  })

  it('creates nothing by an update, nor by a row without values', async () => {
    const outcomes = await applyAll([
      update({ ids: { tntId: 't1' }, set: { a: '1' } }),
      row({ ids: { tntId: 't1' }, create: false, set: { a: '1' } }),
      row({ ids: { tntId: 't1' } }),
      row({ ids: { tntId: 't1' }, set: { a: '' } }),
    ])

    expect(outcomes).toEqual(['not-found', 'not-found', 'unchanged', 'unchanged'])
    expect(await read('tntId', 't1')).toBeUndefined()
  })

  it('keeps the later value of each attribute whatever the order of arrival', async () => {
    const ids = { thirdPartyId: 'c1' }
    await applyAll([visit({ ids, set: { a: 'visit', b: 'visit' }, atMs: startMs + 10 })])

    const outcomes = await applyAll([
      row({ ids, set: { a: 'late row', c: 'late row' }, atMs: startMs + 5 }),
      row({ ids, set: { b: 'newer row' }, atMs: startMs + 15 }),
    ])

    expect(outcomes).toEqual(['updated', 'updated'])
    expect(await read('thirdPartyId', 'c1')).toEqual({ a: 'visit', b: 'newer row', c: 'late row' })
  })

  it('lets the later line of a batch win in whichever order its rows are applied', async () => {
    const atMs = startMs + 5
    await applyAll([visit({ ids: { tntId: 't1', thirdPartyId: 'c1' } })])

    await applyAll([row({ ids: { tntId: 't1' }, set: { a: 'line 9' }, line: 9, atMs })])
    await applyAll([row({ ids: { thirdPartyId: 'c1' }, set: { a: 'line 5', b: 'line 5' }, line: 5, atMs })])

    expect(await read('tntId', 't1')).toEqual({ a: 'line 9', b: 'line 5' })
  })

  it('applies the same row twice as unchanged, and a later equal value as unchanged with a later time', async () => {
    const ids = { thirdPartyId: 'c1' }
    const first = row({ ids, set: { a: '1' } })

    const outcomes = await applyAll([first, first, row({ ids, set: { a: '1' }, atMs: startMs + 9 })])

    expect(outcomes).toEqual(['created', 'unchanged', 'unchanged'])
    const view = await store.profiles.get('demo', { kind: 'thirdPartyId', id: 'c1' }, startMs)
    expect(view?.attributes).toEqual([{ name: 'a', value: '1', atMs: startMs + 9 }])
  })

  it('never gives a live write an earlier time than what it replaces', async () => {
    const ids = { tntId: 't1' }
    await applyAll([visit({ ids, set: { a: '1' }, atMs: startMs + 50 })])

    const outcomes = await applyAll([update({ ids, set: { a: '2' }, atMs: startMs })])

    expect(outcomes).toEqual(['updated'])
    const view = await store.profiles.get('demo', { kind: 'tntId', id: 't1' }, startMs)
    expect(view?.attributes).toEqual([{ name: 'a', value: '2', atMs: startMs + 50 }])
  })

  it('removes an attribute, and an older row does not bring it back', async () => {
    const ids = { tntId: 't1' }
    await applyAll([visit({ ids, set: { a: '1', b: '1' } })])

    const outcomes = await applyAll([
      update({ ids, remove: ['a', 'unknown'], atMs: startMs + 10 }),
      row({ ids, set: { a: 'old', unknown: 'old' }, atMs: startMs + 5 }),
      row({ ids, set: { b: '2' }, atMs: startMs + 11 }),
    ])

    expect(outcomes).toEqual(['updated', 'unchanged', 'updated'])
    expect(await read('tntId', 't1')).toEqual({ b: '2' })
  })

  describe('links', () => {
    it('keeps what is stored under the thirdPartyId on conflict, adds what only the tntId has, and stays linked', async () => {
      await applyAll([
        visit({ ids: { thirdPartyId: 'c1' }, set: { category: 'skis', store: '94103' } }),
        visit({ ids: { tntId: 't1' }, set: { category: 'hats', page: 'home' }, atMs: startMs + 10 }),
      ])

      const outcomes = await applyAll([
        visit({ ids: { tntId: 't1', thirdPartyId: 'c1' }, atMs: startMs + 20 }),
      ])
      await applyAll([update({ ids: { tntId: 't1' }, set: { after: 'logout' }, atMs: startMs + 30 })])

      const merged = { category: 'skis', store: '94103', page: 'home', after: 'logout' }
      expect(outcomes).toEqual(['updated'])
      expect(await read('thirdPartyId', 'c1')).toEqual(merged)
      expect(await read('tntId', 't1')).toEqual(merged)
    })

    it('links an unknown id to the profile of the known one, by a visit and by an update', async () => {
      await applyAll([
        visit({ ids: { tntId: 't1' }, set: { a: '1' } }),
        visit({ ids: { thirdPartyId: 'c2' }, set: { b: '2' } }),
      ])

      const outcomes = await applyAll([
        update({ ids: { tntId: 't1', thirdPartyId: 'c1' } }),
        update({ ids: { tntId: 't2', thirdPartyId: 'c2' } }),
      ])

      expect(outcomes).toEqual(['updated', 'updated'])
      expect(await read('thirdPartyId', 'c1')).toEqual({ a: '1' })
      expect(await read('tntId', 't2')).toEqual({ b: '2' })
    })

    it('moves a shared tntId to the other thirdPartyId and takes nothing along', async () => {
      await applyAll([
        visit({ ids: { tntId: 't1', thirdPartyId: 'c1' }, set: { owner: 'one' } }),
        visit({ ids: { tntId: 't1', thirdPartyId: 'c2' }, set: { owner: 'two' } }),
      ])

      expect(await read('tntId', 't1')).toEqual({ owner: 'two' })
      expect(await read('thirdPartyId', 'c1')).toEqual({ owner: 'one' })
      expect(await read('thirdPartyId', 'c2')).toEqual({ owner: 'two' })
    })

    it('answers not-found to an update naming a linked tntId with an unknown thirdPartyId, and changes nothing', async () => {
      await applyAll([visit({ ids: { tntId: 't1', thirdPartyId: 'c1' }, set: { a: '1' } })])

      expect(await applyAll([update({ ids: { tntId: 't1', thirdPartyId: 'c2' }, set: { a: '2' } })])).toEqual(
        ['not-found'],
      )
      expect(await read('tntId', 't1')).toEqual({ a: '1' })
      expect(await read('thirdPartyId', 'c2')).toBeUndefined()
    })

    it('means the profile of the ECID when tntId and ECID belong to two thirdPartyIds, and moves the tntId', async () => {
      await applyAll([
        visit({ ids: { tntId: 't1', thirdPartyId: 'c1' }, set: { owner: 'one' } }),
        visit({ ids: { ecid: 'e2', thirdPartyId: 'c2' }, set: { owner: 'two' } }),
        visit({ ids: { tntId: 't1', ecid: 'e2' }, set: { seen: 'yes' } }),
      ])

      expect(await read('thirdPartyId', 'c1')).toEqual({ owner: 'one' })
      expect(await read('tntId', 't1')).toEqual({ owner: 'two', seen: 'yes' })
    })

    it('joins an anonymous ECID to the thirdPartyId of a tntId that the visit does not name', async () => {
      await applyAll([
        visit({ ids: { tntId: 't1', thirdPartyId: 'c1' }, set: { a: 'owner' } }),
        visit({ ids: { ecid: 'e1' }, set: { a: 'anonymous', b: 'anonymous' }, atMs: startMs + 10 }),
        visit({ ids: { tntId: 't1', ecid: 'e1' }, atMs: startMs + 20 }),
      ])

      expect(await read('thirdPartyId', 'c1')).toEqual({ a: 'owner', b: 'anonymous' })
      expect(await read('ecid', 'e1')).toEqual({ a: 'owner', b: 'anonymous' })
    })

    it('keeps the later value of a tntId and an ECID, the older profile at equal times, the earlier firstSessionStart', async () => {
      await applyAll([
        visit({ ids: { tntId: 't1' }, set: { tie: 'filler' }, atMs: startMs }),
        visit({ ids: { ecid: 'e1' }, set: { a: 'ecid', tie: 'younger' }, atMs: startMs + 10 }),
        visit({ ids: { tntId: 't1' }, set: { tie: 'older' }, atMs: startMs + 10 }),
        visit({ ids: { tntId: 't1' }, set: { a: 'tnt' }, atMs: startMs + 20 }),
        visit({ ids: { tntId: 't1', ecid: 'e1' }, atMs: startMs + 30 }),
      ])

      const view = await store.profiles.get('demo', { kind: 'ecid', id: 'e1' }, startMs)
      expect(view?.bornAtMs).toBe(startMs)
      expect(await read('ecid', 'e1')).toEqual({ a: 'tnt', tie: 'older' })
    })

    it('keeps the larger value of two profiles of one age at equal times, whichever is named first', async () => {
      await applyAll([
        visit({ ids: { tntId: 't1' }, set: { a: 'smaller', b: 'z' } }),
        visit({ ids: { ecid: 'e1' }, set: { a: 'z', b: 'smaller' } }),
        visit({ ids: { tntId: 't1', ecid: 'e1' } }),
      ])

      expect(await read('tntId', 't1')).toEqual({ a: 'z', b: 'z' })
    })

    it('takes no row from before an erasure by an id that moved to another thirdPartyId since', async () => {
      await applyAll([
        visit({ ids: { tntId: 't1' } }),
        update({ ids: { tntId: 't1' }, erase: true }),
        visit({ ids: { tntId: 't1', thirdPartyId: 'c1' } }),
        visit({ ids: { tntId: 't1', thirdPartyId: 'c2' } }),
        row({ ids: { tntId: 't1' }, set: { a: 'old' }, atMs: startMs - 1 }),
      ])

      expect(await read('thirdPartyId', 'c2')).toEqual({})
    })

    it('answers the same tntId for a profile each time, and gives one to a profile without', async () => {
      const tntIds: unknown[] = []
      for (const newTntId of ['fresh1', 'fresh2']) {
        const [outcome] = await store.profiles.apply(
          [visit({ ids: { thirdPartyId: 'c1' }, newTntId })],
          startMs,
        )
        tntIds.push(outcome && 'tntId' in outcome && outcome.tntId)
      }

      expect(tntIds).toEqual(['fresh1', 'fresh1'])
      expect(await read('tntId', 'fresh1')).toEqual({})
      expect(await read('tntId', 'fresh2')).toBeUndefined()
    })

    it('unlinks the id linked longest ago from a profile with too many', async () => {
      const updates = Array.from({ length: linkedIdsMax }, (_unused, i) =>
        visit({ ids: { thirdPartyId: 'c1', tntId: `t${i}` } }),
      )
      for (let i = 0; i < updates.length; i += 100) await applyAll(updates.slice(i, i + 100))

      expect(await read('tntId', 't0')).toBeUndefined()
      expect(await read('tntId', 't1')).toEqual({})
      expect(await read('tntId', `t${linkedIdsMax - 1}`)).toEqual({})
      expect(await read('thirdPartyId', 'c1')).toEqual({})
    }, 120_000)
  })

  describe('lifetime', () => {
    it('ends a profile when its lifetime after the last write or visit is over', async () => {
      await applyAll([visit({ ids: { tntId: 't1', thirdPartyId: 'c1' }, set: { a: '1' } })])
      const revisitedAtMs = startMs + 10 * dayMs
      await applyAll([visit({ ids: { tntId: 't1' }, atMs: revisitedAtMs })], revisitedAtMs)

      const endMs = revisitedAtMs + 14 * dayMs
      expect(await read('tntId', 't1', endMs - 1)).toEqual({ a: '1' })
      expect(await read('tntId', 't1', endMs)).toBeUndefined()
      expect(await applyAll([update({ ids: { tntId: 't1' }, set: { a: '2' }, atMs: endMs })], endMs)).toEqual(
        ['not-found'],
      )
    })

    it('shows nothing of an expired profile in one made again, links included', async () => {
      await applyAll([visit({ ids: { tntId: 't1', thirdPartyId: 'c1' }, set: { a: '1' } })])
      const laterMs = startMs + 15 * dayMs

      await applyAll([visit({ ids: { thirdPartyId: 'c1' }, set: { b: '2' }, atMs: laterMs })], laterMs)

      expect(await read('thirdPartyId', 'c1', laterMs)).toEqual({ b: '2' })
      expect(await read('tntId', 't1', laterMs)).toBeUndefined()
    })

    it('takes a shorter lifetime from the next write on, and a late row does not bring the expiry back', async () => {
      const ids = { thirdPartyId: 'c1' }
      await applyAll([visit({ ids })])
      await applyAll([visit({ ids, atMs: startMs + 10, lifetimeMs: dayMs })])
      await applyAll([row({ ids, set: { a: '1' }, atMs: startMs + 5, lifetimeMs: 90 * dayMs })])

      expect(await read('thirdPartyId', 'c1', startMs + 10 + dayMs - 1)).toEqual({ a: '1' })
      expect(await read('thirdPartyId', 'c1', startMs + 10 + dayMs)).toBeUndefined()
    })

    it('gives the space of expired profiles back in steps, and keeps the others', async () => {
      const many = Array.from({ length: 25 }, (_unused, i) =>
        visit({ ids: { tntId: `t${i}`, ecid: `e${i}` }, lifetimeMs: i % 5 === 0 ? 30 * dayMs : dayMs }),
      )
      await applyAll(many)
      const nowMs = startMs + 2 * dayMs

      const removed = await sweep(nowMs)

      expect(removed).toBe(20)
      expect(await read('ecid', 'e5', nowMs)).toEqual({})
      expect(await read('ecid', 'e6', startMs)).toBeUndefined()
    })

    it('keeps the link of an id whose own profile would have expired before it was swept', async () => {
      await applyAll([visit({ ids: { tntId: 't1' }, lifetimeMs: dayMs })])
      await applyAll([
        visit({ ids: { tntId: 't1', thirdPartyId: 'c1' }, set: { a: '1' }, lifetimeMs: dayMs }),
      ])
      const laterMs = startMs + dayMs - 1
      await applyAll([visit({ ids: { thirdPartyId: 'c1' }, atMs: laterMs, lifetimeMs: 30 * dayMs })], laterMs)

      const removed = await sweep(startMs + 2 * dayMs)

      expect(removed).toBe(0)
      expect(await read('tntId', 't1', startMs + 2 * dayMs)).toEqual({ a: '1' })
    })

    it('does not lead back to the person before, once the profile that an id moved to is swept', async () => {
      await applyAll([visit({ ids: { thirdPartyId: 'c1', ecid: 'e1' }, lifetimeMs: 30 * dayMs })])
      await applyAll([visit({ ids: { thirdPartyId: 'c2', ecid: 'e1' }, lifetimeMs: dayMs })])
      const nowMs = startMs + 2 * dayMs

      const removed = [await sweep(nowMs), await sweep(nowMs)]

      expect(removed).toEqual([1, 0])
      expect(await read('ecid', 'e1', nowMs)).toBeUndefined()
      expect(await read('thirdPartyId', 'c1', nowMs)).toEqual({})
      // In the end nothing is left of either.
      expect(await sweep(startMs + 31 * dayMs)).toBe(1)
    })
  })

  describe('size', () => {
    // `firstSessionStart` (17 characters) and its thirteen digits are part of the limit.
    const fullValue = 'x'.repeat(profileBytesMax - 30 - 1)

    it('takes a profile of exactly the limit and refuses one byte more, by a visit, an update and a row', async () => {
      const ids = { thirdPartyId: 'c1' }

      const outcomes = await store.profiles.apply(
        [
          visit({ ids, set: { a: fullValue } }),
          update({ ids, set: { b: '' } }),
          update({ ids, set: { b: '1' } }),
          row({ ids, set: { a: `${fullValue}x` }, atMs: startMs + 1 }),
          visit({ ids: { tntId: 'new' }, set: { a: `${fullValue}x` } }),
          row({ ids: { tntId: 'new' }, set: { a: `${fullValue}x` } }),
        ],
        startMs,
      )

      expect(outcomes.map(({ kind }) => kind)).toEqual([
        'created',
        'unchanged',
        'refused',
        'refused',
        'refused',
        'refused',
      ])
      expect(outcomes[2]).toEqual({
        kind: 'refused',
        reason: 'profile_too_large',
        bytes: profileBytesMax + 2,
      })
      expect(await read('thirdPartyId', 'c1')).toEqual({ a: fullValue })
      expect(await read('tntId', 'new')).toBeUndefined()
    })

    it('refuses an update whose linking would exceed the limit, and links, writes and drops nothing', async () => {
      await applyAll([
        visit({ ids: { thirdPartyId: 'c1' }, set: { a: 'x'.repeat(40_000) } }),
        visit({ ids: { tntId: 't1' }, set: { b: 'x'.repeat(40_000) } }),
      ])

      const outcomes = await applyAll([visit({ ids: { tntId: 't1', thirdPartyId: 'c1' }, set: { c: '1' } })])

      expect(outcomes).toEqual(['refused'])
      expect(await read('thirdPartyId', 'c1')).toEqual({ a: 'x'.repeat(40_000) })
      expect(await read('tntId', 't1')).toEqual({ b: 'x'.repeat(40_000) })
    })
  })
})
