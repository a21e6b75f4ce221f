import { randomUUID } from 'node:crypto'
import { mapConcurrently } from '../../lib/pool.ts'
import { compareStamps, erasureMarker, type Attribute } from '../../model/attribute.ts'
import { Refusal } from '../../lib/errors.ts'
import { latestErasure, planUpdate, type FoundProfiles } from '../../model/apply.ts'
import {
  isGrave,
  tntIdOf,
  viewOf,
  type Outcome,
  type Profile,
  type ProfileUpdate,
  type ProfileView,
} from '../../model/profile.ts'
import { listUpdates, tallyOutcomes, type RowOutcomes, type Rows } from '../../model/rows.ts'
import { isSameId, listIds, type VisitorId } from '../../model/visitor-id.ts'
import type { ProfileStore, Swept } from '../store.ts'
import { isSameSpot, type Spot } from './cells.ts'
import { eraseProfile } from './erasure.ts'
import { groupUpdates } from './groups.ts'
import { chooseTarget, join, linksTo, lostIds, rootsOf, type Link } from './links.ts'
import { isJoined, nextLife, readPlace } from './lives.ts'
import type { Names } from './names.ts'
import { Finder, type Found } from './roots.ts'
import { concurrencyMax, type CellSession } from './session.ts'
import { gather, unlist, writeProfile } from './steps.ts'
import { sweepProfiles } from './sweep.ts'
import type { Tenants } from './tenants.ts'
import { Ticks } from './ticks.ts'
import { CellWrites } from './writes.ts'

type ClientTenants = Pick<Tenants, 'tenantOf' | 'remove' | 'isRemoved'>
type NameNotes = Pick<Names, 'note' | 'list'>

/** Times that an update is decided anew because other nodes changed where its ids lead. */
const attemptsMax = 30

/**
 * Profiles as one row each, a cell an attribute: see `lives.ts` and `roots.ts` for what is read,
 * `links.ts` and `steps.ts` for what is written. Each update reads, decides by `model/apply.ts`, and
 * writes cells that carry their own times; what two nodes do at once meets cell by cell.
 */
export class CassandraProfiles implements ProfileStore {
  readonly #session: CellSession
  readonly #tenants: ClientTenants
  readonly #names: NameNotes
  readonly #ticks = new Ticks()
  readonly #sweeper = randomUUID()

  constructor(session: CellSession, tenants: ClientTenants, names: NameNotes) {
    this.#session = session
    this.#tenants = tenants
    this.#names = names
  }

  /** Updates of one profile go one after the other, others side by side. */
  async apply(updates: readonly ProfileUpdate[], nowMs: number): Promise<Outcome[]> {
    const outcomes: Outcome[] = []
    const finder = new Finder(this.#session, nowMs)
    const tenants = await this.#tenantsOf(updates)
    const places = await mapConcurrently(updates, concurrencyMax, (update) =>
      finder.find(tenants.get(update.client)!, update.ids),
    )
    const names = new Map<string, Set<string>>()
    await mapConcurrently(groupUpdates(updates, places), concurrencyMax, async (group) => {
      for (const [turn, index] of group.entries()) {
        const update = updates[index]!
        const tenant = tenants.get(update.client)!
        const found =
          turn === 0 ? places[index]! : await new Finder(this.#session, nowMs).find(tenant, update.ids)
        const noted = names.get(tenant) ?? new Set()
        names.set(tenant, noted)
        outcomes[index] = await this.#applyOne({ tenant, update, nowMs, names: noted }, found)
      }
    })
    for (const [tenant, noted] of names) await this.#names.note(tenant, noted)
    return outcomes
  }

  async applyRows(rows: Rows, nowMs: number): Promise<RowOutcomes> {
    const updates = listUpdates(rows)
    return tallyOutcomes(updates, await this.apply(updates, nowMs))
  }

  async get(client: string, id: VisitorId, nowMs: number): Promise<ProfileView | undefined> {
    const tenant = await this.#tenants.tenantOf(client)
    const [found] = await new Finder(this.#session, nowMs).find(tenant, [id])
    return found?.root?.profile && viewOf(found.root.profile)
  }

  async attributeNames(client: string): Promise<string[]> {
    return this.#names.list(await this.#tenants.tenantOf(client))
  }

  removeClient(client: string): Promise<void> {
    return this.#tenants.remove(client)
  }

  sweep(options: { cursor: string | undefined; limit: number; nowMs: number }): Promise<Swept> {
    return sweepProfiles(this.#session, this.#tenants, { ...options, holder: this.#sweeper })
  }

  async #tenantsOf(updates: readonly ProfileUpdate[]): Promise<ReadonlyMap<string, string>> {
    const clients = [...new Set(updates.map(({ client }) => client))]
    const tenants = await mapConcurrently(clients, concurrencyMax, (client) => this.#tenants.tenantOf(client))
    return new Map(clients.map((client, index) => [client, tenants[index]!]))
  }

  /** Decides an update and carries it out: first where its ids lead, then what it writes there. */
  async #applyOne(one: One, first: readonly Found[]): Promise<Outcome> {
    const { tenant, update, nowMs } = one
    let found = first
    let outcome: Outcome | undefined
    let order: readonly VisitorId[] | undefined
    // An id that moved to another profile leads to the mark of its erasure no longer.
    let erasedAt: Attribute | undefined
    for (let attempts = 0; attempts < attemptsMax; attempts++) {
      if (attempts > 0) found = await new Finder(this.#session, nowMs).find(tenant, update.ids)
      // Once its ids are linked an update may find nothing left to change; it is a sign of life all the same.
      const again = order === undefined ? update : { ...update, visit: true }
      const profiles = { ...profilesOf(found, nowMs), erasedAt }
      erasedAt = latestErasure(profiles)
      const plan = planUpdate(again, profiles, nowMs)
      outcome = laterOutcome(outcome, plan.outcome)
      const [root] = rootsOf(found)
      if (plan.outcome.kind === 'erased' && root !== undefined) {
        const { writtenAtMs = 0 } = root.profile ?? {}
        const inside = { session: this.#session, tenant, nowMs, ticks: this.#ticks }
        if (await eraseProfile(inside, root, Math.max(update.atMs, writtenAtMs))) return outcome
        continue
      }
      if (plan.write === undefined) {
        if (plan.outcome.kind !== 'unchanged' || !(await this.#gather(one, found))) return outcome
        continue
      }
      order ??= plan.write.ids
      const after = { ...plan.write, ids: inOrder(plan.write.ids, order) }
      outcome = withTntId(outcome, update.visit ? tntIdOf(after) : undefined)
      if (await this.#carryOut(one, found, after)) return outcome
    }
    throw new Refusal('store_unavailable', 'Too many changes of this visitor at once; try again later.')
  }

  /** Does the next step of an update; returns whether it was the last one. */
  async #carryOut(one: One, found: readonly Found[], after: Profile): Promise<boolean> {
    const { tenant, update, nowMs, names } = one
    const readAt = (id: VisitorId) => readPlace(this.#session, tenant, id)
    // First of all: an id that moves on takes nothing along.
    if (await this.#gather(one, found)) return false
    const fresh = after.ids.filter(({ kind, id }) => kind === 'tntId' && id === update.newTntId)
    const led = [...found, ...(await new Finder(this.#session, nowMs).find(tenant, fresh))]
    const target = await chooseTarget(after.key, led, { nowMs, readPlace: readAt })
    const links = linksTo(target, led, nowMs)
    if (links.length > 0) {
      await this.#link(one, found, links)
      return false
    }
    const before = rootsOf(found).find(({ spot }) => isSameSpot(spot, target))?.content
    const writes = new CellWrites()
    writeProfile(writes, target, { before, after, ticks: this.#ticks })
    await writes.execute(this.#session, tenant)
    for (const [name, { value }] of after.attributes) if (value !== undefined) names.add(name)
    await this.#close(one, lostIds(before?.profile, after), target)
    // Who joins it sees what was written before; who wrote it sees that it was joined.
    return target.home.kind === 'thirdPartyId' || !(await isJoined(this.#session, tenant, target))
  }

  async #link({ tenant, update }: One, found: readonly Found[], links: readonly Link[]) {
    await Promise.all(links.map((link) => join(this.#session, tenant, link)))
    const writes = new CellWrites()
    for (const root of rootsOf(found)) {
      const isLeft = links.every(({ from, to }) => !isSameSpot(from, root.spot) && !isSameSpot(to, root.spot))
      if (isLeft) unlist(writes, root, listIds(update.ids), this.#ticks)
    }
    await writes.execute(this.#session, tenant)
  }

  /** Moves to roots what lies in lives that were joined to them; returns whether there was any. */
  async #gather({ tenant, nowMs }: One, found: readonly Found[]): Promise<boolean> {
    const writes = new CellWrites()
    for (const root of rootsOf(found)) {
      if (root.joined.length === 0 || root.profile === undefined) continue
      let { profile } = root
      for (const { place, root: own, past } of found) {
        const isOfRoot = isSameId(place.id, root.spot.home) || (own && isSameSpot(own.spot, root.spot))
        if (isOfRoot && past && isGrave(past, nowMs)) profile = withMark(profile, past)
      }
      gather(writes, { ...root, profile }, this.#ticks)
    }
    if (writes.isEmpty) return false
    await writes.execute(this.#session, tenant)
    return true
  }

  /** Ids that are beyond the limit of a profile lead nowhere. */
  async #close({ tenant, nowMs }: One, ids: readonly VisitorId[], target: Spot) {
    if (ids.length === 0) return
    for (const { place, root } of await new Finder(this.#session, nowMs).find(tenant, ids)) {
      if (root === undefined || !isSameSpot(root.spot, target)) continue
      const next = nextLife(place, nowMs)
      await join(this.#session, tenant, { from: next, to: next })
    }
  }
}

interface One {
  readonly tenant: string
  readonly update: ProfileUpdate
  readonly nowMs: number
  /** Takes the names that the update wrote. */
  readonly names: Set<string>
}

function profilesOf(found: readonly Found[], nowMs: number): FoundProfiles {
  const profileOf = (kind: VisitorId['kind']) => {
    const { root, past } = found.find(({ place }) => place.id.kind === kind) ?? {}
    const grave = past && isGrave(past, nowMs) ? past : undefined
    return root?.profile && grave ? withMark(root.profile, grave) : (root?.profile ?? grave)
  }
  return { tntId: profileOf('tntId'), thirdPartyId: profileOf('thirdPartyId'), ecid: profileOf('ecid') }
}

function withTntId(outcome: Outcome, tntId: string | undefined): Outcome {
  return 'tntId' in outcome ? { ...outcome, tntId } : outcome
}

/** A profile that an id was linked to takes over the mark of the id's erasure, unless it has a later one. */
function withMark(profile: Profile, grave: Profile): Profile {
  const mark = grave.attributes.get(erasureMarker)
  const known = profile.attributes.get(erasureMarker)
  if (mark === undefined || (known && compareStamps(known, mark) >= 0)) return profile
  return { ...profile, attributes: new Map(profile.attributes).set(erasureMarker, mark) }
}

/** Ids in the order in which they were to be linked at first, before lives were joined. */
function inOrder(ids: readonly VisitorId[], order: readonly VisitorId[]): VisitorId[] {
  const rank = (id: VisitorId) => {
    const index = order.findIndex((other) => isSameId(id, other))
    return index === -1 ? order.length : index
  }
  return ids.toSorted((a, b) => rank(a) - rank(b))
}

/** What became of an update is what became of it first; a refusal counts whenever it comes. */
function laterOutcome(before: Outcome | undefined, now: Outcome): Outcome {
  if (before === undefined || now.kind === 'refused') return now
  return 'bytes' in before && 'bytes' in now && before.kind !== 'refused'
    ? { ...now, kind: before.kind }
    : before
}
