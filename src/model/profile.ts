import { erasureMarker, firstSessionStart, type Attribute, type AttributeValues } from './attribute.ts'
import { linkedIdsMax, profileBytesMax, removalKeptMs } from './limits.ts'
import type { IdKind, VisitorId, VisitorIds } from './visitor-id.ts'

/** Everything known of one visitor. `ids` holds every linked id, `key` among them, in order of linking. */
export interface Profile {
  /** Where it is stored: its thirdPartyId if it has one, else the id under which it was created. */
  readonly key: VisitorId
  readonly ids: readonly VisitorId[]
  /** Creation, epoch ms; shown as the attribute `firstSessionStart`. */
  readonly bornAtMs: number
  /** Last write or visit, epoch ms. */
  readonly writtenAtMs: number
  /** From this moment on the profile does not exist, epoch ms. */
  readonly expiresAtMs: number
  readonly attributes: ReadonlyMap<string, Attribute>
}

/**
 * One change of one profile, as visits, single updates, batch rows and the console all declare it.
 *
 * A store applies it atomically, links the named ids, and lets the later stamp win for each attribute.
 */
export interface ProfileUpdate {
  readonly client: string
  readonly ids: VisitorIds
  readonly set: AttributeValues
  readonly remove: readonly string[]
  /** When it happened, epoch ms: now for a live write, the time of acceptance for a batch row. */
  readonly atMs: number
  /** The batch row's line; 0 marks a live write, which is never before what it replaces. */
  readonly line: number
  /** Whether an unknown visitor gets a profile. An update that sets nothing and is no visit creates none. */
  readonly create: boolean
  /** Erases the whole profile with all its ids instead; named by one id. */
  readonly erase?: boolean | undefined
  /** A visit counts as a sign of life even when it sets nothing. */
  readonly visit: boolean
  /** With a visit: the tntId that the profile gets if it has none. */
  readonly newTntId?: string | undefined
  /** How long the profile lives after this write, ms. */
  readonly lifetimeMs: number
}

/** What became of an update. `bytes` is the profile's size after it (names plus values). */
export type Outcome =
  | {
      readonly kind: 'created' | 'updated' | 'unchanged'
      readonly bytes: number
      readonly tntId?: string | undefined
    }
  | { readonly kind: 'not-found' }
  | { readonly kind: 'erased' }
  | { readonly kind: 'refused'; readonly reason: 'profile_too_large'; readonly bytes: number }

/** What a fetch shows of a profile; `firstSessionStart` is not among `attributes`. */
export interface ProfileView {
  readonly bornAtMs: number
  readonly modifiedAtMs: number
  readonly attributes: readonly { readonly name: string; readonly value: string; readonly atMs: number }[]
}

/** Bytes that `firstSessionStart` takes of a profile's limit. */
export function bornBytes(bornAtMs: number): number {
  let digits = 1
  for (let bound = 10; bound <= bornAtMs; bound *= 10) digits++
  return firstSessionStart.length + digits
}

/** Names plus values in UTF-8 bytes, `firstSessionStart` included; removed attributes do not count. */
export function profileBytes(profile: Pick<Profile, 'bornAtMs' | 'attributes'>): number {
  let bytes = bornBytes(profile.bornAtMs)
  for (const [name, { value }] of profile.attributes) {
    if (value !== undefined) bytes += Buffer.byteLength(name) + Buffer.byteLength(value)
  }
  return bytes
}

/** Names plus values of a profile that is shown, in UTF-8 bytes. */
export function viewBytes({ bornAtMs, attributes }: ProfileView): number {
  let bytes = bornBytes(bornAtMs)
  for (const { name, value } of attributes) bytes += Buffer.byteLength(name) + Buffer.byteLength(value)
  return bytes
}

/** Tells whether a profile still exists at a moment. */
export function isLive(profile: Pick<Profile, 'expiresAtMs'>, nowMs: number): boolean {
  return nowMs < profile.expiresAtMs
}

/**
 * Makes what is kept of an erased profile under one of its ids: a profile that is never live and
 * remembers when it was erased, so that a batch accepted before does not bring anything back.
 */
export function graveOf(id: VisitorId, atMs: number): Profile {
  const attributes = new Map([[erasureMarker, { value: undefined, atMs, line: 0 }]])
  return { key: id, ids: [id], bornAtMs: atMs, writtenAtMs: atMs, expiresAtMs: atMs, attributes }
}

/** Tells whether a profile that is not live marks one that was erased, and still has to. */
export function isGrave(profile: Pick<Profile, 'writtenAtMs' | 'expiresAtMs'>, nowMs: number): boolean {
  return profile.expiresAtMs === profile.writtenAtMs && nowMs - profile.writtenAtMs <= removalKeptMs
}

/** The thirdPartyId of a profile, if it has one. It is always the key. */
export function thirdPartyIdOf(profile: Profile): string | undefined {
  return profile.key.kind === 'thirdPartyId' ? profile.key.id : undefined
}

/**
 * The id that tells a profile from all others, whichever store it is in: that under which it is stored
 * may be another one for a profile without a thirdPartyId.
 */
export function chiefIdOf({ ids }: Pick<Profile, 'ids'>): VisitorId | undefined {
  const first = (kind: IdKind) => ids.find((id) => id.kind === kind)
  return first('thirdPartyId') ?? first('tntId') ?? first('ecid')
}

/** The tntId that stands for the profile in replies: the one linked first, so that it stays the same. */
export function tntIdOf(profile: Profile): string | undefined {
  return profile.ids.find((id) => id.kind === 'tntId')?.id
}

/** Shows a profile as a fetch sees it. */
export function viewOf(profile: Profile): ProfileView {
  let modifiedAtMs = profile.bornAtMs
  const attributes: { name: string; value: string; atMs: number }[] = []
  for (const [name, { value, atMs }] of profile.attributes) {
    if (value === undefined) continue
    if (atMs > modifiedAtMs) modifiedAtMs = atMs
    attributes.push({ name, value, atMs })
  }
  return { bornAtMs: profile.bornAtMs, modifiedAtMs, attributes }
}

/** Keeps the newest ids when a profile has more than it may, and the key in any case. */
export function boundIds(key: VisitorId, ids: readonly VisitorId[]): readonly VisitorId[] {
  if (ids.length <= linkedIdsMax) return ids
  const others = ids.filter((id) => id.kind !== key.kind || id.id !== key.id)
  return [key, ...others.slice(others.length - linkedIdsMax + 1)]
}

/** The refusal of an update that would make a profile larger than its limit, or `undefined`. */
export function sizeRefusal(bytes: number): Outcome | undefined {
  return bytes > profileBytesMax ? { kind: 'refused', reason: 'profile_too_large', bytes } : undefined
}
