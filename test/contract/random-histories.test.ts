import fc from 'fast-check'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { dayMs } from '../../src/model/limits.ts'
import type { ProfileUpdate, ProfileView } from '../../src/model/profile.ts'
import type { IdKind, VisitorId } from '../../src/model/visitor-id.ts'
import { CassandraProfiles } from '../../src/store/cassandra/profiles.ts'
import { sweepPage } from '../../src/store/cassandra/sweep.ts'
import { openMemoryStore } from '../../src/store/memory/store.ts'
import type { Store } from '../../src/store/store.ts'
import { FakeCluster, randomOf } from '../store/support/fake-cluster.ts'
import { stores } from '../support/stores.ts'
import { rowsOf, startMs, update } from '../support/updates.ts'

/** Few ids and names, so that histories meet; times around a day, so that profiles expire in between. */
const idPool: readonly VisitorId[] = (['tntId', 'thirdPartyId', 'ecid'] as const).flatMap((kind: IdKind) =>
  ['1', '2', '3'].map((id) => ({ kind, id })),
)
const nameArb = fc.constantFrom('a', 'b', 'c', 'd')
const valueArb = fc.constantFrom('', '1', '2', 'é'.repeat(40), 'x'.repeat(33_000))
const maybeId = fc.option(fc.constantFrom('1', '2', '3'), { nil: undefined, freq: 2 })

const idsArb = fc
  .record({ tntId: maybeId, thirdPartyId: maybeId, ecid: maybeId })
  .filter((ids) => Object.values(ids).some((id) => id !== undefined))

const updateArb = fc.record({
  ids: fc.oneof(
    { weight: 1, arbitrary: idsArb },
    { weight: 2, arbitrary: fc.constantFrom(...idPool).map(({ kind, id }) => ({ [kind]: id })) },
  ),
  set: fc.dictionary(nameArb, valueArb, { maxKeys: 4, noNullPrototype: true }),
  remove: fc.oneof(
    { weight: 4, arbitrary: fc.constant([]) },
    { weight: 1, arbitrary: fc.array(nameArb, { maxLength: 2 }) },
  ),
  kind: fc.constantFrom('visit', 'visit', 'update', 'update', 'v1', 'v2', 'v2', 'erase'),
  ageMs: fc.constantFrom(0, 0, 0, 1, 1000, dayMs / 2),
  line: fc.integer({ min: 2, max: 5 }),
  lifetimeMs: fc.constantFrom(dayMs, 2 * dayMs),
})
type Drawn = typeof updateArb extends fc.Arbitrary<infer T> ? T : never

const rowsArb = fc.record({
  idKind: fc.constantFrom('tntId', 'thirdPartyId'),
  create: fc.boolean(),
  ageMs: fc.constantFrom(0, 0, 1, 1000),
  rows: fc.array(
    fc.record({
      line: fc.constantFrom(2, 3, 4, 200, 70_000),
      id: fc.constantFrom('1', '2', '3'),
      values: fc.array(valueArb, { maxLength: 4 }),
    }),
    { minLength: 1, maxLength: 6 },
  ),
})

const stepArb = fc.oneof(
  { weight: 6, arbitrary: fc.record({ apply: fc.array(updateArb, { minLength: 1, maxLength: 6 }) }) },
  { weight: 3, arbitrary: fc.record({ applyRows: rowsArb }) },
  { weight: 2, arbitrary: fc.record({ waitMs: fc.constantFrom(1, 1000, dayMs / 3, dayMs) }) },
  { weight: 1, arbitrary: fc.constant({ sweep: true }) },
)

function toUpdate(client: string, drawn: Drawn, nowMs: number): ProfileUpdate {
  const isRow = drawn.kind === 'v1' || drawn.kind === 'v2'
  const set = Object.fromEntries(Object.entries(drawn.set))
  return update({
    client,
    ids: isRow || drawn.kind === 'erase' ? firstOf(drawn.ids) : drawn.ids,
    set,
    remove: isRow || drawn.kind === 'erase' ? [] : drawn.remove,
    erase: drawn.kind === 'erase',
    atMs: drawn.kind === 'erase' ? nowMs : nowMs - drawn.ageMs,
    line: isRow ? drawn.line : 0,
    create: drawn.kind === 'visit' || drawn.kind === 'v2',
    visit: drawn.kind === 'visit',
    lifetimeMs: drawn.lifetimeMs,
  })
}

function firstOf(ids: ProfileUpdate['ids']): ProfileUpdate['ids'] {
  return Object.fromEntries(
    Object.entries(ids)
      .filter(([, id]) => id !== undefined)
      .slice(0, 1),
  )
}

async function readAll(store: Tested, client: string, nowMs: number): Promise<(ProfileView | undefined)[]> {
  const views = await Promise.all(idPool.map((id) => store.profiles.get(client, id, nowMs)))
  // The order of attributes is nobody's concern.
  return views.map(
    (view) => view && { ...view, attributes: view.attributes.toSorted((a, b) => (a.name < b.name ? -1 : 1)) },
  )
}

async function namesIn(store: Tested, client: string): Promise<string[]> {
  return (await store.profiles.attributeNames(client)).toSorted()
}

async function sweepAll(store: Tested, nowMs: number) {
  let cursor: string | undefined
  do cursor = (await store.profiles.sweep({ cursor, limit: 4, nowMs })).cursor
  while (cursor !== undefined)
}

type Tested = Pick<Store, 'profiles' | 'close'>

/** The store's own code over a stand-in of Cassandra. */
async function openStandIn(): Promise<Tested> {
  const session = new FakeCluster(randomOf(1), { isInstant: true }).session(1)
  const names = new Map<string, Set<string>>()
  const notes = {
    note: async (tenant: string, noted: ReadonlySet<string>) => {
      names.set(tenant, new Set([...(names.get(tenant) ?? []), ...noted]))
    },
    list: async (tenant: string) => [...(names.get(tenant) ?? [])],
  }
  const tenants = {
    tenantOf: async (client: string) => client,
    remove: async () => {},
    isRemoved: async () => false,
  }
  const profiles = new CassandraProfiles(session, tenants, notes)
  profiles.sweep = (page) => sweepPage(session, tenants, page)
  return { profiles, close: async () => {} }
}

/** A step on a cluster takes some hundred times as long as on the embedded store; the stand-in is quick. */
const runsIn: Readonly<Record<string, number>> = { lmdb: 200, cassandra: 40, 'cassandra stand-in': 1_000 }

const standIn = ['cassandra stand-in', openStandIn] as const

describe.each([...stores.filter(([name]) => name !== 'memory'), standIn])(
  'random histories in the %s store',
  (name, open) => {
    let shared: Tested
    beforeAll(async () => {
      shared = await open()
    })
    afterAll(() => shared.close())

    it('answer and leave the same as in the model, step by step', { timeout: 240_000 }, async () => {
      let runs = 0
      await fc.assert(
        fc.asyncProperty(fc.array(stepArb, { minLength: 1, maxLength: 25 }), async (steps) => {
          // A sweep looks at all histories that there were, so a stand-in serves one.
          const store = open === openStandIn ? await open() : shared
          const model = openMemoryStore()
          const client = `client-${runs++}`
          let nowMs = startMs
          for (const step of steps) {
            if ('waitMs' in step) nowMs += step.waitMs
            else if ('sweep' in step) await sweepAll(store, nowMs)
            const updates = 'apply' in step ? step.apply.map((drawn) => toUpdate(client, drawn, nowMs)) : []
            const outcomes = await store.profiles.apply(updates, nowMs)
            expect(outcomes).toEqual(await model.profiles.apply(updates, nowMs))
            if ('applyRows' in step) {
              const { rows: drawn, ageMs, ...common } = step.applyRows
              const columns = { client, names: ['d', 'a', 'b', 'c'], atMs: nowMs - ageMs, ...common }
              const rows = rowsOf(columns, drawn)
              const applied = await store.profiles.applyRows(rows, nowMs)
              expect(applied).toEqual(await model.profiles.applyRows(rows, nowMs))
            }
            expect(await readAll(store, client, nowMs)).toEqual(await readAll(model, client, nowMs))
            expect(await namesIn(store, client)).toEqual(await namesIn(model, client))
          }
        }),
        // Shrinking a history that has to be stored again each time takes longer than reading it.
        { numRuns: runsIn[name] ?? 200, endOnFailure: true },
      )
    })
  },
)
