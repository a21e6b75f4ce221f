import { graveOf } from '../../model/profile.ts'
import { isSameSpot, type Spot } from './cells.ts'
import { join } from './links.ts'
import { nextLife, type Place } from './lives.ts'
import { Finder, type Root } from './roots.ts'
import type { CellSession } from './session.ts'
import { writeProfile } from './steps.ts'
import type { Ticks } from './ticks.ts'
import { CellWrites } from './writes.ts'

/**
 * Leaves the mark of an erasure under each id that leads to a profile, and ends the profile itself.
 *
 * @returns false when it was joined to another one meanwhile
 */
export async function eraseProfile(
  { session, tenant, nowMs, ticks }: { session: CellSession; tenant: string; nowMs: number; ticks: Ticks },
  root: Root,
  atMs: number,
): Promise<boolean> {
  const found = await new Finder(session, nowMs).find(tenant, root.profile?.ids ?? [])
  const places = found
    .filter((one) => one.root !== undefined && isSameSpot(one.root.spot, root.spot))
    .map(({ place }) => place)
  const mayBeJoined = root.spot.home.kind !== 'thirdPartyId'
  if (mayBeJoined && !(await join(session, tenant, { from: root.spot, to: root.spot }))) return false
  const writes = new CellWrites()
  for (const place of places) {
    const after = graveOf(place.id, atMs)
    writeProfile(writes, nextLife(place, nowMs), { before: undefined, after, ticks })
  }
  for (const spot of belongingTo(root.spot, places)) writes.end(spot)
  await writes.execute(session, tenant, { whole: true })
  return true
}

/** A life, and those under some ids that are joined to it, over others or not. */
export function belongingTo(spot: Spot, places: readonly Place[]): Spot[] {
  const spots = [spot]
  const lives = places.flatMap((place) => place.lives)
  for (let looked = 0; looked < spots.length; looked++) {
    for (const { home, life, joined } of lives) {
      if (joined === undefined || !isSameSpot(joined, spots[looked]!)) continue
      if (!spots.some((known) => isSameSpot(known, { home, life }))) spots.push({ home, life })
    }
  }
  return spots
}
