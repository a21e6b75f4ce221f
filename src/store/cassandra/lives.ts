import type { Attribute } from '../../model/attribute.ts'
import { dayMs } from '../../model/limits.ts'
import { isLive, type Profile } from '../../model/profile.ts'
import { isSameId, type VisitorId } from '../../model/visitor-id.ts'
import {
  idOf,
  isSameSpot,
  kindNumbers,
  partitionOf,
  readAttribute,
  readLifetime,
  readSpot,
  textOf,
  type Cell,
  type Spot,
} from './cells.ts'
import { blobOf, entriesOf, numberOf } from './columns.ts'
import type { Row, CellSession } from './session.ts'

/** Lives of one id that are looked at: the newest one counts, others may be left of a race. */
const livesRead = 4

/** Numbers of lives are forgotten after so many days, longer than any profile is kept unwritten. */
export const numbersKeptDays = 100

/** What began under an id: a profile, or only where the id belongs. */
export interface Life extends Spot {
  /** What it belongs to; itself when it leads nowhere. */
  readonly joined: Spot | undefined
  readonly content: Content | undefined
}

/** A profile as it is stored. */
export interface Content {
  readonly profile: Profile
  readonly attributes: ReadonlyMap<string, Cell>
  /** Each id of it, with the moment of its link. */
  readonly ids: ReadonlyMap<string, number>
  readonly lifetime: Cell
}

/** All that is stored under an id: the newest lives first. */
export interface Place {
  readonly id: VisitorId
  /** The number of the last life that was ended. */
  readonly lastLife: number
  readonly lives: readonly Life[]
  /** Whether there are no older lives than these. */
  readonly isWhole: boolean
}

const columns = 'life, attributes, ids, lifetime, born, joined, last_life'
const placeQuery = `SELECT ${columns} FROM profiles WHERE client = ? AND kind = ? AND id = ?`
const newestQuery = {
  one: `${placeQuery} LIMIT ${livesRead}`,
  several: `SELECT id, ${columns} FROM profiles WHERE client = ? AND kind = ? AND id IN ?
    PER PARTITION LIMIT ${livesRead}`,
}
const lifeQuery = `${placeQuery} AND life = ?`
const joinedQuery = 'SELECT joined FROM profiles WHERE client = ? AND kind = ? AND id = ? AND life = ?'

/** Reads what is stored under an id. */
export async function readPlace(session: CellSession, client: string, id: VisitorId): Promise<Place> {
  const rows = await session.readPartition(newestQuery, partitionOf(client, id))
  return {
    id,
    lastLife: numberOf(rows[0]?.['last_life']) ?? 0,
    lives: rows.flatMap((row) => readLife(id, row) ?? []),
    isWhole: rows.length < livesRead,
  }
}

/** Reads one life, be it the newest of its id or not. */
export async function readLifeAt(
  session: CellSession,
  client: string,
  spot: Spot,
): Promise<Life | undefined> {
  const [row] = await session.read(lifeQuery, rowOf(client, spot))
  return row && readLife(spot.home, row)
}

/** Reads whether a life was joined to another. */
export async function isJoined(session: CellSession, client: string, spot: Spot): Promise<boolean> {
  const [row] = await session.read(joinedQuery, rowOf(client, spot))
  return blobOf(row?.['joined']) !== undefined
}

/** The key of a life's row. */
export function rowOf(client: string, { home, life }: Spot): readonly unknown[] {
  return [client, kindNumbers[home.kind], home.id, life]
}

/**
 * The next life to begin under an id. Two nodes that begin one at once give it the same number, and so
 * write the same one. Numbers grow with the days, so that an id of which everything was forgotten does
 * not get one again.
 */
export function nextLife({ id, lastLife, lives }: Place, nowMs: number): Spot {
  const last = Math.max(lastLife, lives[0]?.life ?? 0)
  return { home: id, life: Math.max(last + 1, dayOf(nowMs) * 1000) }
}

/** Tells whether a life of which there is no row has yet to begin; else it was ended. */
export function isYetToBegin({ life }: Spot, { lastLife }: Place, nowMs: number): boolean {
  return life > lastLife && !isNumberForgotten(life, nowMs)
}

export function isNumberForgotten(life: number, nowMs: number): boolean {
  return life < (dayOf(nowMs) - numbersKeptDays) * 1000
}

/** Older lives of an id that belong to none: two nodes gave different numbers at once. */
export function straysOf({ lives }: Place, nowMs: number): Life[] {
  return lives.slice(1).filter(({ joined, content }) => {
    return joined === undefined && content !== undefined && isLive(content.profile, nowMs)
  })
}

/** Whether something lies in a life that is to be moved to what it is joined to. */
export function hasRest({ content }: Life, nowMs: number): boolean {
  if (content === undefined || !isLive(content.profile, nowMs)) return false
  return content.attributes.size > 0 || content.ids.size > 0
}

export function isClosed(life: Life): boolean {
  return life.joined !== undefined && isSameSpot(life, life.joined)
}

/** Reads a life from its row. */
export function readLife(home: VisitorId, row: Row): Life | undefined {
  const life = numberOf(row['life'])
  const lifetimeBytes = blobOf(row['lifetime'])
  const joined = blobOf(row['joined'])
  if (life === undefined || (lifetimeBytes === undefined && joined === undefined)) return undefined
  return {
    home,
    life,
    joined: joined && readSpot(joined),
    content: lifetimeBytes && readContent(home, row, lifetimeBytes),
  }
}

function readContent(home: VisitorId, row: Row, lifetimeBytes: Buffer): Content {
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
    key: home,
    ids: ids.has(textOf(home)) ? listed : [home, ...listed.filter((id) => !isSameId(id, home))],
    bornAtMs: numberOf(row['born']) ?? times.writtenAtMs,
    ...times,
    attributes,
  }
  return { profile, attributes: cells, ids, lifetime }
}

function dayOf(ms: number): number {
  return Math.floor(ms / dayMs)
}
