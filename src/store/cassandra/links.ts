import type { Profile } from '../../model/profile.ts'
import { isSameId, type VisitorId } from '../../model/visitor-id.ts'
import { isGreater, isSameSpot, spotBytes, textOf, type Spot } from './cells.ts'
import { nextLife, rowOf, straysOf, type Place } from './lives.ts'
import type { Found, Root } from './roots.ts'
import { UncertainWrite } from './failures.ts'
import { type CellSession } from './session.ts'

/** A life that is to be joined to a greater one. */
export interface Link {
  readonly from: Spot
  readonly to: Spot
}

/**
 * Where a profile is to be: under its thirdPartyId, else in the greatest life of those that its ids lead
 * to or would begin, so that all others can be joined to it.
 */
export async function chooseTarget(
  key: VisitorId,
  found: readonly Found[],
  { nowMs, readPlace }: { nowMs: number; readPlace: (id: VisitorId) => Promise<Place> },
): Promise<Spot> {
  const isThirdPartyId = key.kind === 'thirdPartyId'
  const spots = isThirdPartyId
    ? rootsOf(found).flatMap(({ spot }) => (isSameId(spot.home, key) ? [spot] : []))
    : found.map(({ place, root }) => root?.spot ?? nextLife(place, nowMs))
  const [greatest] = spots.toSorted((a, b) => (isGreater(a, b) ? -1 : 1))
  if (greatest) return greatest
  const place = found.find((one) => isSameId(one.place.id, key))?.place ?? (await readPlace(key))
  return nextLife(place, nowMs)
}

/** What is to be joined so that ids lead to a target, and strays to what is newer under their id. */
export function linksTo(target: Spot, found: readonly Found[], nowMs: number): Link[] {
  const links = new Map<string, Link>()
  const add = (from: Spot, to: Spot) => {
    const name = `${textOf(from.home)}\0${from.life}`
    if (!isSameSpot(from, to) && !links.has(name)) links.set(name, { from, to })
  }
  for (const { place, root } of found) {
    const [newest] = place.lives
    if (newest) for (const stray of straysOf(place, nowMs)) add(stray, newest)
    if (root && isSameSpot(root.spot, target)) continue
    if (root && isJoinable(root.spot, target)) add(root.spot, target)
    else if (!isSameId(place.id, target.home)) add(nextLife(place, nowMs), target)
  }
  return [...links.values()]
}

/** A profile under a thirdPartyId stays; ids that are meant for another one leave it. */
function isJoinable(root: Spot, target: Spot): boolean {
  const mayJoin = root.home.kind !== 'thirdPartyId' || isSameId(root.home, target.home)
  return mayJoin && isGreater(target, root)
}

/** The distinct ends of the ways of ids. */
export function rootsOf(found: readonly Found[]): Root[] {
  const roots: Root[] = []
  for (const { root } of found) {
    if (root && !roots.some(({ spot }) => isSameSpot(spot, root.spot))) roots.push(root)
  }
  return roots
}

/** Ids of a profile as it was that it has no longer. */
export function lostIds(before: Profile | undefined, after: Profile): VisitorId[] {
  return (before?.ids ?? []).filter((id) => !after.ids.some((other) => isSameId(id, other)))
}

/**
 * Joins a life to another, once and for all, unless it was joined before; to itself, to close it.
 *
 * @returns whether it was this one who did it; who did not reads again
 */
export async function join(session: CellSession, tenant: string, { from, to }: Link): Promise<boolean> {
  const query = `UPDATE profiles SET joined = ? WHERE client = ? AND kind = ? AND id = ? AND life = ?
    IF joined = null`
  const row = rowOf(tenant, from)
  try {
    return await session.writeIf([{ query, params: [spotBytes(to), ...row] }], 'region')
  } catch (error) {
    if (!(error instanceof UncertainWrite)) throw error
    // Brings it to its end, whichever that is.
    const settle = 'SELECT joined FROM profiles WHERE client = ? AND kind = ? AND id = ? AND life = ?'
    await session.readSerial(settle, row, 'region')
    return false
  }
}
