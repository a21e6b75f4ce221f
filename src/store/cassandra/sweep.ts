import { isGrave, isLive } from '../../model/profile.ts'
import { isSameId } from '../../model/visitor-id.ts'
import type { Swept } from '../store.ts'
import { mapConcurrently } from '../../lib/pool.ts'
import { idOf, isSameSpot, type Spot } from './cells.ts'
import { numberOf } from './columns.ts'
import { takeLease } from './leases.ts'
import { belongingTo } from './erasure.ts'
import {
  isClosed,
  isNumberForgotten,
  isYetToBegin,
  readLife,
  readLifeAt,
  readPlace,
  type Life,
  type Place,
} from './lives.ts'
import type { Row, CellSession } from './session.ts'
import { CellWrites } from './writes.ts'
import type { Tenants } from './tenants.ts'

/** A profile is swept only when it expired before this, ms: a write that saw it live has ended by then. */
const expiredSinceMs = 60_000

/** Of all nodes one sweeps; another takes over when it has not gone on for so long, ms. */
const leaseMs = 600_000

const columns = 'client, kind, id, life, attributes, ids, lifetime, born, joined, last_life'
const query = `SELECT ${columns} FROM profiles`

/** Rows that are looked at, and ids of one profile that are read, at a time. */
const readsAtOnce = 16

/**
 * Looks at the next profiles in the order of the table, and gives back the space of those that are
 * over, with what was joined to them.
 */
export async function sweepProfiles(
  session: CellSession,
  tenants: Pick<Tenants, 'isRemoved'>,
  options: { cursor: string | undefined; limit: number; nowMs: number; holder: string },
): Promise<Swept> {
  const { holder, ...page } = options
  if (!(await takeLease(session, { name: 'sweep', holder, nowMs: Date.now(), leaseMs }))) {
    return { removed: 0, cursor: undefined }
  }
  return sweepPage(session, tenants, page)
}

/** What the node that sweeps does with a page of the table. */
export async function sweepPage(
  session: CellSession,
  tenants: Pick<Tenants, 'isRemoved'>,
  { cursor, limit, nowMs }: { cursor: string | undefined; limit: number; nowMs: number },
): Promise<Swept> {
  const { rows, next } = await session.readPage(query, limit, cursor)
  const inside = { session, tenants, nowMs }
  const ended = await mapConcurrently(rows, readsAtOnce, (row) => sweepRow(inside, row))
  return { removed: ended.filter(Boolean).length, cursor: next }
}

/** @returns whether a profile was ended */
async function sweepRow(inside: Inside, row: Row): Promise<boolean> {
  const tenant = String(row['client'])
  const life = readLife(idOf(`${Number(row['kind'])}${String(row['id'])}`), row)
  if (life === undefined) await forget(inside.session, row, inside.nowMs)
  else if (await isOver(inside, tenant, life)) return end(inside, tenant, life)
  return false
}

/**
 * What belongs to another life is over when that one is, however old it is: its id may have been linked
 * long ago. A closed one stays, it hides what the id led to before.
 */
async function isOver({ session, tenants, nowMs }: Inside, tenant: string, life: Life): Promise<boolean> {
  if (await tenants.isRemoved(tenant)) return true
  if (isClosed(life)) return false
  if (life.joined !== undefined) return isEnded(session, tenant, { spot: life.joined, nowMs })
  const { profile } = life.content ?? {}
  if (profile === undefined) return false
  return !isLive(profile, nowMs - expiredSinceMs) && !isGrave(profile, nowMs)
}

async function isEnded(session: CellSession, tenant: string, { spot, nowMs }: { spot: Spot; nowMs: number }) {
  const place = await readPlace(session, tenant, spot.home)
  if (place.lives.some((life) => isSameSpot(life, spot))) return false
  if (!place.isWhole && (await readLifeAt(session, tenant, spot)) !== undefined) return false
  return !isYetToBegin(spot, place, nowMs)
}

interface Inside {
  readonly session: CellSession
  readonly tenants: Pick<Tenants, 'isRemoved'>
  readonly nowMs: number
}

/**
 * Ends a life, and what was joined to it under its ids. One that hides an older life stays until that is
 * over: without it the id would lead to the older one again.
 *
 * @returns whether a profile was ended
 */
async function end({ session }: Inside, tenant: string, life: Life): Promise<boolean> {
  const ids = life.content?.profile.ids ?? [life.home]
  const places = await mapConcurrently(ids, readsAtOnce, (id) => readPlace(session, tenant, id))
  const spots = belongingTo(life, places)
  const ended = spots.filter((spot) => !hidesOlder(spot, { places, spots }))
  const writes = new CellWrites()
  for (const spot of ended) writes.end(spot)
  await writes.execute(session, tenant)
  return life.joined === undefined && ended.some((spot) => isSameSpot(spot, life))
}

/** Whether there are older lives of an id than one that ends, besides those that end with it. */
function hidesOlder(
  { home, life }: Spot,
  { places, spots }: { places: readonly Place[]; spots: readonly Spot[] },
) {
  const place = places.find(({ id }) => isSameId(id, home))
  if (place === undefined) return false
  const older = place.lives.filter((one) => one.life < life)
  return !place.isWhole || older.some((one) => !spots.some((spot) => isSameSpot(spot, one)))
}

/** Of an id that has no life any more the last number is kept, until no node can know a life of it. */
async function forget(session: CellSession, row: Row, nowMs: number): Promise<void> {
  const lastLife = numberOf(row['last_life'])
  if (lastLife === undefined || !isNumberForgotten(lastLife, nowMs)) return
  const statement =
    'DELETE last_life FROM profiles USING TIMESTAMP ? WHERE client = ? AND kind = ? AND id = ?'
  const params = [lastLife, row['client'], row['kind'], row['id']]
  await session.write([{ query: statement, params }], { partitions: 'one' })
}
