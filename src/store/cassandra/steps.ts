import type { Plan } from '../../model/apply.ts'
import { isLive, thirdPartyIdOf, type Profile } from '../../model/profile.ts'
import { isSameId, type VisitorId } from '../../model/visitor-id.ts'
import { attributeCell, bornTimestamp, lifetimeCell, textOf, type Cell } from './cells.ts'
import { isSameLife, nextLife, straysOf, type Found, type Life, type Place } from './lives.ts'
import type { Ticks } from './ticks.ts'
import { CellWrites, type Spot } from './writes.ts'

/** Twice the time that a request may take. */
const freshMicroseconds = 10_000_000

/** What carrying out a plan takes. */
export interface Steps {
  readonly writes: CellWrites
  /** Where the ids that the update names lead afterwards. */
  readonly target: Pick<Life, 'home' | 'life'> | undefined
  /** Profiles whose attributes went to the target; what else is found in them goes there as well. */
  readonly absorbed: readonly Absorbed[]
  /** Whether another node may have decided otherwise at the same moment, so that it has to be looked at. */
  readonly isContested: boolean
}

export interface Absorbed {
  readonly life: Life
  /** Whether the plan has joined it; else all of it is to be moved. */
  readonly isPlanned: boolean
}

export interface Situation {
  readonly found: readonly Found[]
  readonly plan: Plan
  readonly nowMs: number
  readonly ticks: Ticks
  /** Reads what is stored under an id that the update does not name. */
  readonly readPlace: (id: VisitorId) => Promise<Place>
}

/** Turns a plan into cells; `undefined` when there is nothing to write. */
export async function stepsOf(situation: Situation): Promise<Steps | undefined> {
  const { plan, found, nowMs } = situation
  if (plan.write === undefined && plan.shrink.length === 0) return undefined
  const lives = distinctLives(found, nowMs)
  if (plan.write === undefined) return erasure(situation, lives)
  const isShrunk = ({ profile }: Life) => plan.shrink.some(({ key }) => isSameId(key, profile.key))
  const parts = lives.filter((life) => !isShrunk(life))
  // Cells that were moved away leave marks that would hide them if they were moved back.
  const whole = parts.filter(({ isJoined }) => !isJoined)
  const base = whole.find(({ profile }) => thirdPartyIdOf(profile) !== undefined) ?? whole[0]
  const writes = new CellWrites()
  const target = base ?? (await begin(situation, plan.write, writes))
  const linker = new Linker(situation, writes)
  writeProfile(writes, target, base, plan.write)
  const absorbed = parts.filter((part) => part !== base)
  const linked = linker.link(target, plan.write, base) || absorbed.length > 0
  for (const other of lives.filter(isShrunk)) linker.unlink(other, situation)
  return {
    writes,
    target,
    absorbed: absorbed.map((life) => ({ life, isPlanned: isPlanned(life, parts) })),
    isContested:
      linked ||
      thirdPartyIdOf(plan.write) === undefined ||
      found.some((one) => isFresh(one) || straysOf(one, nowMs).length > 0),
  }
}

/**
 * Tells whether an id has led where it does for so short a time that a node may still be at work that
 * has not seen it.
 */
function isFresh({ place: { lead } }: Found): boolean {
  return lead !== undefined && Date.now() * 1000 - lead.at < freshMicroseconds
}

/** The live profiles found, in the order in which they are joined. */
function distinctLives(found: readonly Found[], nowMs: number): Life[] {
  const lives: Life[] = []
  const order = ['thirdPartyId', 'tntId', 'ecid']
  const ordered = found.toSorted((a, b) => order.indexOf(a.place.id.kind) - order.indexOf(b.place.id.kind))
  for (const { life } of ordered) {
    if (life === undefined || !isLive(life.profile, nowMs)) continue
    if (!lives.some((other) => isSameLife(other, life))) lives.push(life)
  }
  return lives
}

/** Of two profiles that both count as that of one thirdPartyId, a plan takes the first for both. */
function isPlanned(life: Life, parts: readonly Life[]): boolean {
  return parts.find(({ profile }) => isSameId(profile.key, life.profile.key)) === life
}

/** A profile begins under its key. */
async function begin({ found, nowMs, readPlace }: Situation, { key }: Profile, writes: CellWrites) {
  const named = found.find((one) => isSameId(one.place.id, key))?.place
  const life = nextLife(named ?? (await readPlace(key)), nowMs)
  writes.lastLife(key, life)
  return { home: key, life }
}

function writeProfile(writes: CellWrites, spot: Required<Spot>, base: Life | undefined, after: Profile) {
  for (const [name, attribute] of after.attributes) {
    const old = base?.attributes.get(name)
    const before = base?.profile.attributes.get(name)
    const isSame =
      before !== undefined &&
      before.value === attribute.value &&
      before.atMs === attribute.atMs &&
      before.line === attribute.line
    if (!isSame) writes.attribute(spot, name, attributeCell(attribute, old))
  }
  for (const [name, cell] of base?.attributes ?? []) {
    if (!after.attributes.has(name)) writes.dropAttribute(spot, name, cell)
  }
  const { profile: before, lifetime } = base ?? {}
  if (before?.writtenAtMs !== after.writtenAtMs || before.expiresAtMs !== after.expiresAtMs) {
    writes.lifetime(spot, lifetimeCell(after, lifetime))
  }
  if (before?.bornAtMs !== after.bornAtMs) {
    writes.born(spot, after.bornAtMs, bornTimestamp(after.bornAtMs))
  }
}

/** Makes ids lead where a plan says, each at a moment of its own: their order is the profile's. */
class Linker {
  readonly #writes: CellWrites
  readonly #found: readonly Found[]
  readonly #ticks: Ticks
  readonly #after: number

  constructor({ found, ticks }: Situation, writes: CellWrites) {
    this.#writes = writes
    this.#found = found
    this.#ticks = ticks
    this.#after = Math.max(0, ...found.map(({ place }) => place.lead?.at ?? 0))
  }

  /** Returns whether any id leads elsewhere than before. */
  link(target: Required<Spot>, after: Profile, base: Life | undefined): boolean {
    let linked = false
    for (const id of after.ids) {
      if (base?.ids.has(textOf(id)) && this.#leadsTo(id, target)) continue
      linked = true
      const at = this.#ticks.next(this.#after)
      this.#writes.id(target, id, at)
      this.#writes.lead(id, { ...target, at })
    }
    const kept = new Set(after.ids.map(textOf))
    for (const text of base?.ids.keys() ?? []) {
      if (!kept.has(text)) this.#writes.dropId(target, text, this.#ticks.next(this.#after))
    }
    return linked
  }

  /** Takes the ids that an update names from a profile that they no longer lead to. */
  unlink(other: Life, { found }: Situation) {
    for (const { place } of found) {
      const text = textOf(place.id)
      if (other.ids.has(text)) this.#writes.dropId(other, text, this.#ticks.next(this.#after))
    }
  }

  /** Of an id that the update does not name nothing else is known than what its profile says. */
  #leadsTo(id: VisitorId, target: Required<Spot>): boolean {
    const found = this.#found.find(({ place }) => isSameId(place.id, id))
    if (found === undefined) return true
    return found.place.lead !== undefined && isSameLife(found.place.lead, target)
  }
}

/** Leaves the mark of an erasure under each id, and ends the profile itself. */
async function erasure(situation: Situation, lives: readonly Life[]): Promise<Steps> {
  const { plan, nowMs, ticks, readPlace } = situation
  const writes = new CellWrites()
  let target: Required<Spot> | undefined
  for (const grave of plan.shrink) {
    const named = situation.found.find(({ place }) => isSameId(place.id, grave.key))
    const place = named?.place ?? (await readPlace(grave.key))
    const spot = { home: grave.key, life: nextLife(place, nowMs) }
    if (named) target = spot
    writes.lastLife(spot.home, spot.life)
    writeProfile(writes, spot, undefined, grave)
    const at = ticks.next(place.lead?.at)
    writes.id(spot, grave.key, at)
    writes.lead(grave.key, { ...spot, at })
  }
  for (const life of lives) writes.end(life)
  return { writes, target, absorbed: [], isContested: true }
}

/** Copies to the target what another node wrote to a profile while it was joined, or beside it. */
export function adopt(
  writes: CellWrites,
  target: Required<Spot>,
  { now, before, ticks }: { now: Life; before: Life | undefined; ticks: Ticks },
) {
  for (const [name, cell] of now.attributes) {
    if (isNew(cell, before?.attributes.get(name))) writes.attribute(target, name, cell)
  }
  if (isNew(now.lifetime, before?.lifetime)) writes.lifetime(target, now.lifetime)
  if (before === undefined) writes.born(target, now.profile.bornAtMs, bornTimestamp(now.profile.bornAtMs))
  for (const id of now.profile.ids) {
    if (before?.ids.has(textOf(id))) continue
    const at = ticks.next(now.ids.get(textOf(id)))
    writes.id(target, id, at)
    writes.lead(id, { ...target, at })
  }
  forget(writes, now, ticks)
}

/**
 * Takes from a profile that was joined what was read of it, cell by cell: what another node writes to
 * it at this moment stays, and that node sees where it belongs. The sweep does the rest.
 */
function forget(writes: CellWrites, life: Life, ticks: Ticks) {
  writes.joined(life, ticks.next())
  for (const [name, cell] of life.attributes) writes.dropAttribute(life, name, cell)
  for (const [text, at] of life.ids) writes.dropId(life, text, at)
}

function isNew(cell: Cell, known: Cell | undefined): boolean {
  return known === undefined || !cell.bytes.equals(known.bytes)
}
