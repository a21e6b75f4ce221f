import { compareStamps, erasureMarker, hasValues, type Attribute } from './attribute.ts'
import { isBefore, joinAnonymous, joinUnderThirdPartyId, mergeAttributes } from './merge.ts'
import {
  boundIds,
  graveOf,
  isLive,
  profileBytes,
  sizeRefusal,
  thirdPartyIdOf,
  tntIdOf,
  type Outcome,
  type Profile,
  type ProfileUpdate,
} from './profile.ts'
import { isSameId, listIds, type VisitorId } from './visitor-id.ts'

/** The profiles that the ids of an update lead to, live ones and graves. Two ids may lead to the same one. */
export interface FoundProfiles {
  readonly tntId?: Profile | undefined
  readonly thirdPartyId?: Profile | undefined
  readonly ecid?: Profile | undefined
  /** An erasure that the ids led to at an earlier step of the same update. */
  readonly erasedAt?: Attribute | undefined
}

/** What a store has to do for an update, all of it or nothing. */
export interface Plan {
  readonly outcome: Outcome
  /** The profile to store under its key, every other id of it leading there. */
  readonly write?: Profile
  /** Profiles that end: joined to `write`, or stored under another key from here on. */
  readonly end: readonly Profile[]
  /** Profiles that lose ids to `write`, as they are afterwards; of an erased one, its graves. */
  readonly shrink: readonly Profile[]
  /** Whether ids lead elsewhere than before; without it only `write` itself changes. */
  readonly relinked: boolean
}

const nothing = { end: [], shrink: [], relinked: false }

/**
 * Decides what an update does to the profiles that its ids lead to: the one place of the rules of
 * links, merges, limits and lifetimes (decisions.md §3). Pure; every store carries out its plan.
 *
 * - The profile meant is the one of the named thirdPartyId; without one, the ECID's owner, then the tntId's.
 * - A profile without a thirdPartyId is joined to it whole. One with another thirdPartyId only
 *   loses the named id to it (a shared device) and gives nothing along.
 */
export function planUpdate(update: ProfileUpdate, found: FoundProfiles, nowMs: number): Plan {
  const joined = { ...joinFound(update, liveOnes(found, nowMs)), erasedAt: latestErasure(found) }
  if (update.erase) return planErasure(update, joined)
  const { profile, erasedAt } = joined
  const isTooLate = erasedAt !== undefined && isBefore(update, erasedAt)
  if (profile === undefined && (isTooLate || !mayCreate(update))) {
    const unknown = update.create ? unchangedNothing : notFound
    return { outcome: unknown, ...nothing }
  }
  return planWrite(update, joined, nowMs)
}

function liveOnes({ tntId, thirdPartyId, ecid }: FoundProfiles, nowMs: number): FoundProfiles {
  const live = (profile: Profile | undefined) => (profile && isLive(profile, nowMs) ? profile : undefined)
  return { tntId: live(tntId), thirdPartyId: live(thirdPartyId), ecid: live(ecid) }
}

/** When a profile that one of the ids led to was erased last; also one that has been made anew since. */
export function latestErasure({ erasedAt, tntId, thirdPartyId, ecid }: FoundProfiles): Attribute | undefined {
  const markers = [tntId, thirdPartyId, ecid].map((profile) => profile?.attributes.get(erasureMarker))
  return [erasedAt, ...markers]
    .filter((marker) => marker !== undefined)
    .toSorted(compareStamps)
    .at(-1)
}

/** A grave under each id of the profile, so that each can be anyone's again by itself. */
function planErasure(update: ProfileUpdate, { profile, parts }: Joined): Plan {
  if (profile === undefined) return { outcome: notFound, ...nothing }
  const atMs = Math.max(update.atMs, profile.writtenAtMs)
  const shrink = profile.ids.map((id) => graveOf(id, atMs))
  return { outcome: { kind: 'erased' }, end: parts, shrink, relinked: true }
}

const notFound: Outcome = { kind: 'not-found' }
// A row without values for an unknown visitor is fine and creates nothing.
const unchangedNothing: Outcome = { kind: 'unchanged', bytes: 0 }

function mayCreate(update: ProfileUpdate): boolean {
  return update.create && (update.visit || hasValues(update.set))
}

interface Joined {
  readonly erasedAt: Attribute | undefined
  /** The profile meant, with all that is joined to it; `undefined` when there is none yet. */
  readonly profile: Profile | undefined
  readonly thirdPartyId: string | undefined
  /** What was joined, each as it is stored. */
  readonly parts: readonly Profile[]
  /** Profiles of another thirdPartyId. */
  readonly others: readonly Profile[]
}

function joinFound(update: ProfileUpdate, found: FoundProfiles): Omit<Joined, 'erasedAt'> {
  const distinct: Profile[] = []
  for (const profile of [found.thirdPartyId, found.tntId, found.ecid]) {
    if (profile && !distinct.some((other) => isSameId(other.key, profile.key))) distinct.push(profile)
  }
  const thirdPartyId =
    update.ids.thirdPartyId ??
    (found.ecid && thirdPartyIdOf(found.ecid)) ??
    (found.tntId && thirdPartyIdOf(found.tntId))
  const isMeant = (profile: Profile) => (thirdPartyIdOf(profile) ?? thirdPartyId) === thirdPartyId
  const parts = distinct.filter(isMeant)
  const owner = parts.find((part) => thirdPartyIdOf(part) !== undefined)
  const [first, second] = parts.filter((part) => part !== owner)
  let profile = first
  if (first && second) profile = join(first, second, joinAnonymous(first, second))
  if (owner) profile = profile ? join(owner, profile, joinUnderThirdPartyId(owner, profile)) : owner
  return { profile, thirdPartyId, parts, others: distinct.filter((other) => !isMeant(other)) }
}

function join(a: Profile, b: Profile, attributes: Profile['attributes']): Profile {
  const later = b.writtenAtMs > a.writtenAtMs ? b : a
  return {
    key: a.key,
    ids: [...a.ids, ...b.ids],
    bornAtMs: Math.min(a.bornAtMs, b.bornAtMs),
    writtenAtMs: later.writtenAtMs,
    expiresAtMs: later.expiresAtMs,
    attributes,
  }
}

function planWrite(update: ProfileUpdate, joined: Joined, nowMs: number): Plan {
  const before = joined.profile
  const named = listIds(update.ids)
  const key = keyOf(before, joined.thirdPartyId, named)
  const ids = linkIds(before?.ids ?? [], named, update)
  const merged = mergeAttributes(withErasure(before?.attributes ?? new Map(), joined.erasedAt), update, nowMs)
  const relinked =
    ids.length !== (before?.ids.length ?? 0) || joined.parts.length > 1 || joined.others.length > 0
  const profile: Profile = {
    key,
    ids: boundIds(key, ids),
    bornAtMs: before?.bornAtMs ?? update.atMs,
    attributes: merged.attributes,
    ...lifetime(update, before, joined.erasedAt?.atMs ?? 0),
  }
  const bytes = profileBytes(profile)
  const refusal = sizeRefusal(bytes)
  if (refusal) return { outcome: refusal, ...nothing }
  const kind = before === undefined ? 'created' : relinked || merged.valuesChanged ? 'updated' : 'unchanged'
  const outcome: Outcome = { kind, bytes, tntId: update.visit ? tntIdOf(profile) : undefined }
  if (kind === 'unchanged' && !merged.stampsChanged && !update.visit) return { outcome, ...nothing }
  return {
    outcome,
    write: profile,
    end: joined.parts.filter((part) => !isSameId(part.key, key)),
    shrink: joined.others.map((other) => without(other, named)),
    relinked,
  }
}

/** A profile under the id of an erased one remembers when that was. */
function withErasure(attributes: Profile['attributes'], erasedAt: Attribute | undefined) {
  return erasedAt === undefined ? attributes : new Map(attributes).set(erasureMarker, erasedAt)
}

function keyOf(before: Profile | undefined, thirdPartyId: string | undefined, named: VisitorId[]): VisitorId {
  if (thirdPartyId !== undefined) return { kind: 'thirdPartyId', id: thirdPartyId }
  // Named ids come strongest first; a profile without a thirdPartyId is best found by its tntId.
  const key = before?.key ?? named.at(-1)
  if (key === undefined) throw new Error('an update names at least one id')
  return key
}

function linkIds(known: readonly VisitorId[], named: VisitorId[], update: ProfileUpdate): VisitorId[] {
  const ids = [...known]
  for (const id of named) if (!ids.some((other) => isSameId(other, id))) ids.push(id)
  if (update.newTntId !== undefined && !ids.some((id) => id.kind === 'tntId')) {
    ids.push({ kind: 'tntId', id: update.newTntId })
  }
  return ids
}

/** A late batch row does not bring the expiry of a younger visit back; any later write decides it anew. */
function lifetime(update: ProfileUpdate, before: Profile | undefined, erasedAtMs: number) {
  if (before && update.atMs < before.writtenAtMs && update.line !== 0) {
    return { writtenAtMs: Math.max(before.writtenAtMs, erasedAtMs), expiresAtMs: before.expiresAtMs }
  }
  // No stamp in a profile is later than its last write, nor is that of an erasure.
  const writtenAtMs = Math.max(update.atMs, before?.writtenAtMs ?? 0, erasedAtMs)
  return { writtenAtMs, expiresAtMs: writtenAtMs + update.lifetimeMs }
}

function without(profile: Profile, lost: VisitorId[]): Profile {
  return { ...profile, ids: profile.ids.filter((id) => !lost.some((other) => isSameId(id, other))) }
}
