import { compareStamps, erasureMarker, unpackValues, type Attribute, type Stamp } from './attribute.ts'
import { removalKeptMs } from './limits.ts'
import type { Profile, ProfileUpdate } from './profile.ts'

/** Attributes after an update, and how far they differ from before. */
export interface MergedAttributes {
  readonly attributes: ReadonlyMap<string, Attribute>
  /** Some value is another one than before. */
  readonly valuesChanged: boolean
  /** Something has to be stored, if only a later time. */
  readonly stampsChanged: boolean
}

/**
 * Applies what an update sets and removes: attribute by attribute the later stamp wins, at equal
 * stamps the update, because it arrived later. A live write always wins and takes the later stamp.
 */
export function mergeAttributes(
  before: ReadonlyMap<string, Attribute>,
  update: ProfileUpdate,
  nowMs: number,
): MergedAttributes {
  const attributes = new Map(before)
  let valuesChanged = false
  let stampsChanged = false
  const erasedAt = attributes.get(erasureMarker)
  if (erasedAt && isBefore(update, erasedAt)) return { attributes, valuesChanged, stampsChanged }
  const write = (name: string, value: string | undefined) => {
    const old = attributes.get(name)
    const stamp = winningStamp(old, update)
    if (stamp === undefined) return
    if (old === undefined || old.value !== value || compareStamps(old, stamp) !== 0) stampsChanged = true
    if (old?.value !== value) valuesChanged = true
    attributes.set(name, { value, ...stamp })
  }
  for (const [name, value] of unpackValues(update.set)) write(name, value)
  for (const name of update.remove) write(name, undefined)
  for (const [name, { value, atMs }] of attributes) {
    if (value === undefined && atMs < nowMs - removalKeptMs) attributes.delete(name)
  }
  return { attributes, valuesChanged, stampsChanged }
}

/** Tells whether an update is a batch row from before a profile was erased: it sets nothing any more. */
export function isBefore(update: Stamp, erasedAt: Stamp): boolean {
  return update.line !== 0 && compareStamps(update, erasedAt) < 0
}

/** The stamp under which an update's value is stored over an old one; `undefined` when the old one stays. */
export function winningStamp(old: Stamp | undefined, update: Stamp): Stamp | undefined {
  const stamp = { atMs: update.atMs, line: update.line }
  if (old === undefined || compareStamps(old, update) <= 0) return stamp
  return update.line === 0 ? { atMs: old.atMs, line: old.line } : undefined
}

/**
 * Joins the attributes of an anonymous profile to those stored under a thirdPartyId: the latter's
 * values win whatever their times, the others are kept.
 *
 * @source Adobe, "Real-time profile syncing for mbox3rdPartyId"
 */
export function joinUnderThirdPartyId(owner: Profile, anonymous: Profile): Map<string, Attribute> {
  const joined = new Map(owner.attributes)
  for (const [name, theirs] of anonymous.attributes) {
    const ours = joined.get(name)
    if (ours === undefined) joined.set(name, theirs)
    else if (ours.value === undefined && (theirs.value !== undefined || compareStamps(ours, theirs) < 0)) {
      joined.set(name, theirs)
    }
  }
  return joined
}

/**
 * Joins two profiles that have no thirdPartyId: the later value wins, at equal times the older profile's.
 * Of profiles of one age it is the larger value, so that it does not matter which one came first.
 */
export function joinAnonymous(a: Profile, b: Profile): Map<string, Attribute> {
  const [older, younger] = b.bornAtMs < a.bornAtMs ? [b, a] : [a, b]
  const joined = new Map(older.attributes)
  for (const [name, theirs] of younger.attributes) {
    const ours = joined.get(name)
    const order =
      ours && (compareStamps(ours, theirs) || (a.bornAtMs === b.bornAtMs ? compareValues(ours, theirs) : 1))
    if (order === undefined || order < 0) joined.set(name, theirs)
  }
  return joined
}

function compareValues({ value: ours = '' }: Attribute, { value: theirs = '' }: Attribute): number {
  if (ours === theirs) return 0
  return ours < theirs ? -1 : 1
}
