import { afterEach, beforeEach, expect, it, vi } from 'vitest'
import type { ProfileUpdate } from '../../src/model/profile.ts'
import { listIds, type VisitorId } from '../../src/model/visitor-id.ts'
import { CassandraProfiles } from '../../src/store/cassandra/profiles.ts'
import { startMs, update, visit } from '../support/updates.ts'
import { FakeCluster, isRefusal, randomOf, type Random } from './support/fake-cluster.ts'

beforeEach(() => {
  vi.useFakeTimers({ toFake: ['Date'], now: startMs })
})

afterEach(() => {
  vi.useRealTimers()
})

/** An update through one of the nodes; `outcome` is there once it was acknowledged. */
interface Call {
  readonly update: ProfileUpdate
  readonly name: string
  readonly begunAt: number
  endedAt: number
  outcome: string | undefined
}

interface Given {
  readonly seed: number
  readonly thirdPartyIds: readonly string[]
  readonly calls: number
  readonly erases?: boolean
  readonly uncertain?: number
  /** How likely a node stops for good at each of its steps. */
  readonly stops?: number
}

/** Lets nodes work on few ids at once, in an order that the seed gives. */
async function interleave({
  seed,
  thirdPartyIds,
  calls: count,
  erases = false,
  uncertain = 0,
  stops = 0,
}: Given) {
  const random = randomOf(seed)
  const cluster = new FakeCluster(random, { uncertain })
  const names = { note: async () => {}, list: async () => [] }
  const tenants = {
    tenantOf: async (client: string) => client,
    remove: async () => {},
    isRemoved: async () => false,
  }
  const nodeOf = (node: number) => new CassandraProfiles(cluster.session(node), tenants, names)
  const pools = { tntId: ['t1', 't2'], ecid: ['e1', 'e2'], thirdPartyId: thirdPartyIds }
  const calls: Call[] = []
  const begin = async (node: number, one: ProfileUpdate) => {
    const call: Call = {
      update: one,
      name: `u${calls.length}`,
      begunAt: tick++,
      endedAt: 0,
      outcome: undefined,
    }
    calls.push(call)
    try {
      const set = one.erase ? {} : { [call.name]: 'x' }
      const given = one.erase ? one : visit({ ids: one.ids, set, atMs: startMs + calls.length })
      const [outcome] = await nodeOf(node).apply([given], startMs + 1_000)
      call.outcome = outcome?.kind
      call.endedAt = tick++
    } catch (error) {
      if (!isRefusal(error)) faults.push(error)
    }
  }
  const faults: unknown[] = []
  let tick = 0
  let node = 0
  const stopped = new Set<number>()
  const isStopped = (one: number) => {
    if (one > 0 && random() < stops) stopped.add(one)
    return stopped.has(one)
  }
  // Some calls are begun while those before are under way, some after.
  for (let begun = 0; begun < count;) {
    const together = 1 + Math.floor(random() * 4)
    const running: Promise<void>[] = []
    for (let i = 0; i < together && begun < count; i++, begun++) {
      running.push(begin(++node, anyUpdate(random, pools, erases)))
    }
    await cluster.run(isStopped)
  }
  const seen = new Map<string, string[]>()
  for (const id of Object.entries(pools).flatMap(([kind, ids]) => ids.map((one) => idOf(kind, one)))) {
    void nodeOf(0)
      .get('demo', id, startMs + 1_000)
      .then((view) => seen.set(textOf(id), view?.attributes.map(({ name }) => name).toSorted() ?? []))
  }
  await cluster.run()
  expect(faults, `seed ${seed}`).toEqual([])
  return { calls, seen, valuesOf: (id: VisitorId) => seen.get(textOf(id)) ?? [] }
}

function anyUpdate(random: Random, pools: Record<string, readonly string[]>, erases: boolean): ProfileUpdate {
  const ids: Record<string, string> = {}
  for (const [kind, all] of Object.entries(pools)) {
    if (random() < 0.5) ids[kind] = all[Math.floor(random() * all.length)]!
  }
  if (Object.keys(ids).length === 0) ids['tntId'] = pools['tntId']![0]!
  if (erases && random() < 0.2) {
    const [kind, id] = Object.entries(ids)[0]!
    return update({ ids: { [kind]: id }, erase: true, atMs: startMs + 500 })
  }
  return visit({ ids })
}

function idOf(kind: string, id: string): VisitorId {
  return { kind: kind as VisitorId['kind'], id }
}

function textOf({ kind, id }: VisitorId): string {
  return `${kind}/${id}`
}

const plain = Array.from({ length: 800 }, (_, seed) => seed)

it('nodes that create and link a visitor at once lose nothing, and ids named together lead to one profile', async () => {
  for (const seed of plain) {
    const { calls, valuesOf } = await interleave({ seed, thirdPartyIds: ['c1'], calls: 6 })

    for (const {
      update: { ids },
      name,
      outcome,
    } of calls) {
      expect(outcome, `seed ${seed} ${name}`).toBeDefined()
      const views = listIds(ids).map(valuesOf)
      for (const view of views) {
        expect(view, `seed ${seed} ${name}`).toContain(name)
        expect(view, `seed ${seed} ${name}`).toEqual(views[0])
      }
    }
  }
})

it('nodes that stop between two steps, and writes of unknown end, lose nothing that was acknowledged', async () => {
  for (const seed of plain) {
    const given = { seed, thirdPartyIds: ['c1'], calls: 7, uncertain: 0.2, stops: 0.01 }
    const { calls, valuesOf } = await interleave(given)

    for (const {
      update: { ids },
      name,
      outcome,
    } of calls) {
      if (outcome === undefined) continue
      for (const id of listIds(ids)) expect(valuesOf(id), `seed ${seed} ${name}`).toContain(name)
    }
  }
})

it('an id that moves between two thirdPartyIds takes nothing along, and nothing acknowledged is gone', async () => {
  for (const seed of plain) {
    const { calls, seen, valuesOf } = await interleave({ seed, thirdPartyIds: ['c1', 'c2'], calls: 7 })

    for (const {
      update: { ids },
      name,
    } of calls) {
      expect([...seen.values()].flat(), `seed ${seed} ${name}`).toContain(name)
      if (ids.thirdPartyId === undefined) continue
      expect(valuesOf(idOf('thirdPartyId', ids.thirdPartyId)), `seed ${seed} ${name}`).toContain(name)
      const other = idOf('thirdPartyId', ids.thirdPartyId === 'c1' ? 'c2' : 'c1')
      expect(valuesOf(other), `seed ${seed} ${name}`).not.toContain(name)
    }
  }
})

it('what was acknowledged before an erasure began is gone, what began after it ended is there', async () => {
  for (const seed of plain) {
    const { calls, seen, valuesOf } = await interleave({
      seed,
      thirdPartyIds: ['c1'],
      calls: 7,
      erases: true,
    })

    const erasures = calls.filter((call) => call.update.erase === true && call.outcome === 'erased')
    for (const {
      update: { ids, erase },
      name,
      begunAt,
      endedAt,
    } of calls) {
      if (erase) continue
      if (erasures.every((erasure) => erasure.endedAt < begunAt)) {
        for (const id of listIds(ids)) expect(valuesOf(id), `seed ${seed} ${name}`).toContain(name)
      }
      const isErased = erasures.some(
        (erasure) =>
          endedAt < erasure.begunAt &&
          listIds(erasure.update.ids).some((id) => listIds(ids).some((own) => textOf(own) === textOf(id))),
      )
      if (isErased) expect([...seen.values()].flat(), `seed ${seed} ${name}`).not.toContain(name)
    }
  }
})
