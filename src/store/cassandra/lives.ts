import { isLive, type Profile } from '../../model/profile.ts'
import type { Attribute } from '../../model/attribute.ts'
import { dayMs } from '../../model/limits.ts'
import { isSameId, type VisitorId } from '../../model/visitor-id.ts'
import { blobOf, entriesOf, numberOf } from './columns.ts'
import type { Row, Session } from './session.ts'
import {
  idOf,
  kindNumbers,
  readAttribute,
  readLead,
  readLifetime,
  textOf,
  type Cell,
  type Lead,
} from './cells.ts'

/** A profile as it is stored: one of those that began under an id. */
export interface Life {
  /** The id under which it began, and where its row stays. */
  readonly home: VisitorId
  /** Which of those that began there; never given twice. */
  readonly life: number
  readonly profile: Profile
  readonly attributes: ReadonlyMap<string, Cell>
  /** Each id of it, with the moment of its link. */
  readonly ids: ReadonlyMap<string, number>
  readonly lifetime: Cell
  /** Whether it was joined to another: what it had is there, and nothing is to be moved to it any more. */
  readonly isJoined: boolean
}

/** All that is stored under an id: where it leads, and the profiles that began there. */
export interface Place {
  readonly id: VisitorId
  readonly lead: Lead | undefined
  readonly lastLife: number
  readonly lives: readonly Life[]
}

/** An id and the profile that it leads to, live or not. */
export interface Found {
  readonly place: Place
  readonly life: Life | undefined
}

const columns = 'life, attributes, ids, lifetime, born, joined, leads, last_life'
const placeQuery = `SELECT ${columns} FROM profiles WHERE client = ? AND kind = ? AND id = ?`
const lifeQuery = `${placeQuery} AND life = ?`

/** Reads all that is stored under an id. */
export async function readPlace(session: Session, client: string, id: VisitorId): Promise<Place> {
  const rows = await session.read(placeQuery, [client, kindNumbers[id.kind], id.id])
  const leads = blobOf(rows[0]?.['leads'])
  return {
    id,
    lead: leads && readLead(leads),
    lastLife: numberOf(rows[0]?.['last_life']) ?? 0,
    lives: rows.flatMap((row) => readLife(id, row) ?? []),
  }
}

/** Reads a profile where it is stored. */
export async function readLifeAt(
  session: Session,
  client: string,
  { home, life }: Pick<Life, 'home' | 'life'>,
): Promise<Life | undefined> {
  const [row] = await session.read(lifeQuery, [client, kindNumbers[home.kind], home.id, life])
  return row && readLife(home, row)
}

/**
 * Reads the profile that an id leads to. An id leads to a profile only if that profile lists the id:
 * what is left of two nodes that decided at once, or of a profile that is gone, leads nowhere.
 */
export async function findLife(session: Session, client: string, id: VisitorId): Promise<Found> {
  const place = await readPlace(session, client, id)
  const { lead } = place
  if (lead === undefined) return { place, life: undefined }
  const life = isSameId(lead.home, id) ? lifeIn(place, lead.life) : await readLifeAt(session, client, lead)
  return { place, life: life?.ids.has(textOf(id)) ? life : undefined }
}

export function lifeIn(place: Place, life: number): Life | undefined {
  return place.lives.find((other) => other.life === life)
}

export function isSameLife(a: Pick<Life, 'home' | 'life'>, b: Pick<Life, 'home' | 'life'>): boolean {
  return a.life === b.life && isSameId(a.home, b.home)
}

/**
 * Profiles that began under an id and still list it, though it leads elsewhere: what another node
 * wrote at the same moment. They are joined to where the id leads.
 */
export function straysOf({ place, life }: Found, nowMs: number): Life[] {
  const own = textOf(place.id)
  return place.lives.filter(
    (other) =>
      other.ids.has(own) && isLive(other.profile, nowMs) && !(life !== undefined && isSameLife(other, life)),
  )
}

/**
 * The number of the next profile to begin under an id. Two nodes that begin one at once give it the
 * same number, and so write the same profile. Numbers grow with the days, so that an id of which
 * everything was forgotten does not get one again.
 */
export function nextLife({ lastLife }: Place, nowMs: number): number {
  return Math.max(lastLife + 1, Math.floor(nowMs / dayMs) * 1000)
}

/** Reads a profile from its row, whatever its ids lead to. */
export function readLife(home: VisitorId, row: Row): Life | undefined {
  const life = numberOf(row['life'])
  const lifetimeBytes = blobOf(row['lifetime'])
  // Without a lifetime it is what is left of a profile that ended.
  if (life === undefined || lifetimeBytes === undefined) return undefined
  const { cell: lifetime, lifetime: times } = readLifetime(lifetimeBytes)
  const cells = new Map<string, Cell>()
  const attributes = new Map<string, Attribute>()
  for (const [name, value] of entriesOf(row['attributes'])) {
    const bytes = blobOf(value)
    if (bytes === undefined) continue
    const read = readAttribute(bytes)
    cells.set(name, read.cell)
    attributes.set(name, read.attribute)
  }
  const ids = new Map<string, number>()
  for (const [text, at] of entriesOf(row['ids'])) ids.set(text, numberOf(at) ?? 0)
  const listed = [...ids].toSorted(([, a], [, b]) => a - b).map(([text]) => idOf(text))
  const profile: Profile = {
    key: listed.find(({ kind }) => kind === 'thirdPartyId') ?? home,
    ids: listed,
    bornAtMs: numberOf(row['born']) ?? times.writtenAtMs,
    ...times,
    attributes,
  }
  return { home, life, profile, attributes: cells, ids, lifetime, isJoined: row['joined'] === true }
}
