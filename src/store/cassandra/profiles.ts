import { randomUUID } from 'node:crypto'
import { mapConcurrently } from '../../lib/pool.ts'
import { Refusal } from '../../lib/errors.ts'
import { planUpdate, type FoundProfiles, type Plan } from '../../model/apply.ts'
import {
  isGrave,
  isLive,
  viewOf,
  type Outcome,
  type ProfileUpdate,
  type ProfileView,
} from '../../model/profile.ts'
import { listUpdates, tallyOutcomes, type RowOutcomes, type Rows } from '../../model/rows.ts'
import { listIds, type VisitorId } from '../../model/visitor-id.ts'
import type { ProfileStore, Swept } from '../store.ts'
import { textOf } from './cells.ts'
import { groupUpdates } from './groups.ts'
import { findLife, isSameLife, readLifeAt, readPlace, straysOf, type Found } from './lives.ts'
import type { Names } from './names.ts'
import { concurrencyMax, type Session } from './session.ts'
import { adopt, stepsOf, type Steps } from './steps.ts'
import { sweepProfiles } from './sweep.ts'
import type { Tenants } from './tenants.ts'
import { Ticks } from './ticks.ts'
import { CellWrites } from './writes.ts'

/** Times that an update is decided anew because other nodes changed where its ids lead. */
const attemptsMax = 10

/**
 * Profiles as one row each, a cell an attribute: see `lives.ts` for what is read, `steps.ts` for
 * what is written. Each update reads, decides by `model/apply.ts`, and writes cells that carry their
 * own times; what two nodes do at once meets cell by cell.
 */
export class CassandraProfiles implements ProfileStore {
  readonly #session: Session
  readonly #tenants: Tenants
  readonly #names: Names
  readonly #ticks = new Ticks()
  readonly #sweeper = randomUUID()

  constructor(session: Session, tenants: Tenants, names: Names) {
    this.#session = session
    this.#tenants = tenants
    this.#names = names
  }

  /** Updates of one profile go one after the other, others side by side. */
  async apply(updates: readonly ProfileUpdate[], nowMs: number): Promise<Outcome[]> {
    const outcomes: Outcome[] = []
    const finder = new Finder(this.#session)
    const tenants = await this.#tenantsOf(updates)
    const places = await mapConcurrently(updates, concurrencyMax, (update) =>
      finder.find(tenants.get(update.client)!, update),
    )
    const names = new Map<string, Set<string>>()
    await mapConcurrently(groupUpdates(updates, places), concurrencyMax, async (group) => {
      for (const [turn, index] of group.entries()) {
        const update = updates[index]!
        const tenant = tenants.get(update.client)!
        const found = turn === 0 ? places[index]! : await new Finder(this.#session).find(tenant, update)
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
    const { life } = await findLife(this.#session, await this.#tenants.tenantOf(client), id)
    return life && isLive(life.profile, nowMs) ? viewOf(life.profile) : undefined
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

  /**
   * Decides an update and carries it out, and decides anew when its ids lead elsewhere by then.
   *
   * Who makes ids lead elsewhere writes that first and then looks for what was written to the former
   * profile; who writes to a profile that may be joined writes first and then looks where the ids
   * lead. So one of two nodes at least sees the other, and nothing that was confirmed is lost.
   */
  async #applyOne(one: One, first: readonly Found[]): Promise<Outcome> {
    const { tenant, update, nowMs, names } = one
    let found = first
    let outcome: Outcome | undefined
    for (let attempts = 0; attempts < attemptsMax; attempts++) {
      const plan = planUpdate(update, profilesOf(found, nowMs), nowMs)
      outcome = laterOutcome(outcome, plan.outcome)
      const steps = await stepsOf({
        found,
        plan,
        nowMs,
        ticks: this.#ticks,
        readPlace: (id) => readPlace(this.#session, tenant, id),
      })
      if (steps === undefined) return outcome
      await steps.writes.execute(this.#session, tenant)
      noteNames(plan, names)
      if (!steps.isContested) return outcome
      const after = await this.#settle(one, steps)
      if (after === undefined) return outcome
      found = after
    }
    throw new Refusal('store_unavailable', 'Too many changes of this visitor at once; try again later.')
  }

  /**
   * Looks at what other nodes did meanwhile, and joins what they wrote beside it.
   *
   * @returns where the ids lead when that is elsewhere than decided
   */
  async #settle({ tenant, update, nowMs }: One, steps: Steps): Promise<readonly Found[] | undefined> {
    const found = await new Finder(this.#session).find(tenant, update)
    const { target, absorbed } = steps
    if (target === undefined) return undefined
    const writes = new CellWrites()
    for (const { life, isPlanned } of absorbed) {
      const now = await readLifeAt(this.#session, tenant, life)
      if (now) adopt(writes, target, { now, before: isPlanned ? life : undefined, ticks: this.#ticks })
    }
    // A profile that is gone by now was ended by a node that this one had not seen.
    const isForeseen = found.every(
      ({ life }) => life !== undefined && !life.isJoined && isSameLife(life, target),
    )
    if (isForeseen) {
      for (const one of found) {
        for (const stray of straysOf(one, nowMs)) {
          if (absorbed.some(({ life }) => isSameLife(life, stray))) continue
          adopt(writes, target, { now: stray, before: undefined, ticks: this.#ticks })
        }
      }
    }
    await writes.execute(this.#session, tenant)
    return isForeseen ? undefined : found
  }
}

interface One {
  readonly tenant: string
  readonly update: ProfileUpdate
  readonly nowMs: number
  /** Takes the names that the update wrote. */
  readonly names: Set<string>
}

/** Reads what ids lead to, each id once. */
class Finder {
  readonly #session: Session
  readonly #known = new Map<string, Promise<Found>>()

  constructor(session: Session) {
    this.#session = session
  }

  find(tenant: string, { ids }: ProfileUpdate): Promise<Found[]> {
    return Promise.all(listIds(ids).map((id) => this.#findId(tenant, id)))
  }

  #findId(tenant: string, id: VisitorId): Promise<Found> {
    const key = `${tenant}\0${textOf(id)}`
    const known = this.#known.get(key) ?? findLife(this.#session, tenant, id)
    this.#known.set(key, known)
    return known
  }
}

function profilesOf(found: readonly Found[], nowMs: number): FoundProfiles {
  const profileOf = (kind: VisitorId['kind']) => {
    const profile = found.find(({ place }) => place.id.kind === kind)?.life?.profile
    return profile && (isLive(profile, nowMs) || isGrave(profile, nowMs)) ? profile : undefined
  }
  return { tntId: profileOf('tntId'), thirdPartyId: profileOf('thirdPartyId'), ecid: profileOf('ecid') }
}

/** What became of an update is what became of it first; a refusal counts whenever it comes. */
function laterOutcome(before: Outcome | undefined, now: Outcome): Outcome {
  if (before === undefined || now.kind === 'refused') return now
  return 'bytes' in before && 'bytes' in now && before.kind !== 'refused'
    ? { ...now, kind: before.kind }
    : before
}

function noteNames({ write }: Plan, names: Set<string>) {
  for (const [name, { value }] of write?.attributes ?? []) if (value !== undefined) names.add(name)
}
