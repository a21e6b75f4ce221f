import { isGrave, isLive } from '../../model/profile.ts'
import type { Swept } from '../store.ts'
import { mapConcurrently } from '../../lib/pool.ts'
import { idOf } from './cells.ts'
import { numberOf } from './columns.ts'
import { takeLease } from './leases.ts'
import { belongingTo } from './erasure.ts'
import { isNumberForgotten, readLife, readPlace, type Life } from './lives.ts'
import type { Row, CellSession } from './session.ts'
import { CellWrites } from './writes.ts'
import type { Tenants } from './tenants.ts'

/** A profile is swept only when it expired before this, ms: a write that saw it live has ended by then. */
const expiredSinceMs = 60_000

/** Of all nodes one sweeps; another takes over when it has not gone on for so long, ms. */
const leaseMs = 600_000

const columns = 'client, kind, id, life, attributes, ids, lifetime, born, joined, last_life'
const query = `SELECT ${columns} FROM profiles`

/** Ids of one profile that are read at a time. */
const idsAtOnce = 16

/**
 * Looks at the next profiles in the order of the table, and gives back the space of those that are
 * over, with what was joined to them.
 */
export async function sweepProfiles(
  session: CellSession,
  tenants: Pick<Tenants, 'isRemoved'>,
  options: { cursor: string | undefined; limit: number; nowMs: number; holder: string },
): Promise<Swept> {
  const { cursor, limit, nowMs, holder } = options
  if (!(await takeLease(session, { name: 'sweep', holder, nowMs: Date.now(), leaseMs }))) {
    return { removed: 0, cursor: undefined }
  }
  const { rows, next } = await session.readPage(query, limit, cursor)
  const inside = { session, tenants, nowMs }
  let removed = 0
  for (const row of rows) {
    const tenant = String(row['client'])
    const life = readLife(idOf(`${Number(row['kind'])}${String(row['id'])}`), row)
    if (life === undefined) await forget(session, row, nowMs)
    else if (await isOver(row, life, inside)) {
      await end(inside, tenant, life)
      if (life.content !== undefined) removed++
    }
  }
  return { removed, cursor: next }
}

/** What only belongs to another one goes with that. */
async function isOver(row: Row, life: Life | undefined, inside: Inside): Promise<boolean> {
  if (await inside.tenants.isRemoved(String(row['client']))) return true
  const { profile } = life?.content ?? {}
  if (profile === undefined) return false
  return !isLive(profile, inside.nowMs - expiredSinceMs) && !isGrave(profile, inside.nowMs)
}

interface Inside {
  readonly session: CellSession
  readonly tenants: Pick<Tenants, 'isRemoved'>
  readonly nowMs: number
}

/** Ends a profile, and what was joined to it under its ids. */
async function end({ session }: Inside, tenant: string, life: Life): Promise<void> {
  const ids = life.content?.profile.ids ?? []
  const places = await mapConcurrently(ids, idsAtOnce, (id) => readPlace(session, tenant, id))
  const writes = new CellWrites()
  for (const spot of belongingTo(life, places)) writes.end(spot)
  await writes.execute(session, tenant)
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
