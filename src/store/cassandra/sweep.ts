import { isGrave, isLive } from '../../model/profile.ts'
import type { Swept } from '../store.ts'
import { endTimestamp, idOf, kindNumbers, readLifetime } from './cells.ts'
import { numberOf } from './columns.ts'
import { takeLease } from './leases.ts'
import type { Row, Session, Statement } from './session.ts'
import type { Tenants } from './tenants.ts'

/** A profile is swept only when it expired before this, ms: a write that saw it live has ended by then. */
const expiredSinceMs = 60_000

/** Of all nodes one sweeps; another takes over when it has not gone on for so long, ms. */
const leaseMs = 600_000

const query = 'SELECT client, kind, id, life, ids, lifetime, last_life FROM profiles'

/**
 * Looks at the next profiles in the order of the table, and gives back the space of those that are
 * over. Each is ended in steps that may be repeated, links first.
 */
export async function sweepProfiles(
  session: Session,
  tenants: Tenants,
  options: { cursor: string | undefined; limit: number; nowMs: number; holder: string },
): Promise<Swept> {
  const { cursor, limit, nowMs, holder } = options
  if (!(await takeLease(session, { name: 'sweep', holder, nowMs: Date.now(), leaseMs }))) {
    return { removed: 0, cursor: undefined }
  }
  const { rows, next } = await session.readPage(query, limit, cursor)
  let removed = 0
  for (const row of rows) {
    if (!(await isOver(row, tenants, nowMs))) continue
    await end(session, row)
    removed++
  }
  return { removed, cursor: next }
}

/** What only leads elsewhere has no row of a profile: it goes with the profile that it leads to. */
async function isOver(row: Row, tenants: Tenants, nowMs: number): Promise<boolean> {
  const bytes: unknown = row['lifetime']
  if (!Buffer.isBuffer(bytes)) return false
  if (await tenants.isRemoved(String(row['client']))) return true
  const { lifetime } = readLifetime(bytes)
  return !isLive(lifetime, nowMs - expiredSinceMs) && !isGrave(lifetime, nowMs)
}

async function end(session: Session, row: Row): Promise<void> {
  const place = [row['client'], row['kind'], row['id']]
  const ids: unknown = row['ids']
  const statements: Statement[] = []
  for (const [text, at] of ids instanceof Map ? ids : []) {
    const { kind, id } = idOf(String(text))
    // With the link's own time: what the id leads to since stays.
    statements.push({
      query: 'DELETE leads FROM profiles USING TIMESTAMP ? WHERE client = ? AND kind = ? AND id = ?',
      params: [at, row['client'], kindNumbers[kind], id],
    })
  }
  statements.push({
    query: 'DELETE FROM profiles USING TIMESTAMP ? WHERE client = ? AND kind = ? AND id = ? AND life = ?',
    params: [endTimestamp, ...place, row['life']],
  })
  if (row['last_life'] !== null && numberOf(row['last_life']) === numberOf(row['life'])) {
    statements.push({
      query: 'DELETE last_life FROM profiles USING TIMESTAMP ? WHERE client = ? AND kind = ? AND id = ?',
      params: [row['life'], ...place],
    })
  }
  for (const statement of statements) await session.write([statement], { partitions: 'one' })
}
