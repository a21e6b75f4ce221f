import type { AttributeValues } from './attribute.ts'
import type { RefusedRow } from './batch.ts'
import { nearLimitBytes } from './limits.ts'
import type { Outcome, ProfileUpdate } from './profile.ts'
import type { VisitorIds } from './visitor-id.ts'

/**
 * Rows of one batch, side by side: what all have in common once, their bytes in one buffer, their
 * places in one array. Half a million of them then leave no garbage on their way into the store.
 *
 * @source bench `batch`: with an object a row, collecting garbage took a fifth of the time
 */
export interface Rows {
  readonly client: string
  readonly idKind: 'tntId' | 'thirdPartyId'
  /** Attribute names of the columns. */
  readonly names: readonly string[]
  /** Time of acceptance of the batch, epoch ms. */
  readonly atMs: number
  /** Whether an unknown visitor gets a profile. */
  readonly create: boolean
  readonly lifetimeMs: number
  readonly length: number
  /** Ids and values in UTF-8. */
  readonly bytes: Buffer
  /** `placesPerRow` numbers a row: its line, where its id starts and ends, then the end of each value. */
  readonly places: Uint32Array
}

/** Numbers of a row in `Rows.places`. Values stand one after the other, the first behind the id. */
export function placesPerRow(columns: number): number {
  return columns + 3
}

/** What became of rows. */
export interface RowOutcomes {
  readonly counts: Readonly<Record<Outcome['kind'], number>>
  /** Rows whose profile is near its size limit afterwards. */
  readonly nearLimit: number
  readonly refused: readonly RefusedRow[]
}

/** Adds up what became of rows, one by one. */
export class RowTally implements RowOutcomes {
  readonly counts = { created: 0, updated: 0, unchanged: 0, 'not-found': 0, refused: 0, erased: 0 }
  nearLimit = 0
  readonly refused: RefusedRow[] = []

  /** @param bytes size that the profile has, or would have had */
  add(kind: Outcome['kind'], line: number, bytes: number) {
    this.counts[kind]++
    if (bytes <= nearLimitBytes) return
    if (kind === 'refused') this.refused.push({ line, profileBytes: bytes })
    else this.nearLimit++
  }

  addOutcome(outcome: Outcome, line: number) {
    this.add(outcome.kind, line, 'bytes' in outcome ? outcome.bytes : 0)
  }
}

/** One row as an update. One object can stand for row after row. */
export class RowUpdate implements ProfileUpdate {
  readonly client: string
  readonly atMs: number
  readonly create: boolean
  readonly lifetimeMs: number
  readonly remove: readonly string[] = []
  readonly visit = false
  readonly set: AttributeValues & { start: number; readonly ends: Uint32Array }
  line = 0
  readonly #rows: Rows
  #at = 0

  constructor(rows: Rows, row = 0) {
    const { client, atMs, create, lifetimeMs, names, bytes } = rows
    this.client = client
    this.atMs = atMs
    this.create = create
    this.lifetimeMs = lifetimeMs
    this.set = { names, bytes, start: 0, ends: new Uint32Array(names.length) }
    this.#rows = rows
    if (row < rows.length) this.moveTo(row)
  }

  /** Makes it stand for another row. */
  moveTo(row: number) {
    const { places } = this.#rows
    const { ends } = this.set
    this.#at = row * placesPerRow(ends.length)
    this.line = places[this.#at]!
    this.set.start = places[this.#at + 2]!
    for (let i = 0; i < ends.length; i++) ends[i] = places[this.#at + 3 + i]!
  }

  /** Where the id stands in the rows' bytes; the values follow it. */
  get idStart(): number {
    return this.#rows.places[this.#at + 1]!
  }

  get ids(): VisitorIds {
    return { [this.#rows.idKind]: this.#rows.bytes.toString('utf8', this.idStart, this.set.start) }
  }
}

/** The rows as updates, each an object of its own: for stores that take updates one by one. */
export function listUpdates(rows: Rows): RowUpdate[] {
  return Array.from({ length: rows.length }, (_, row) => new RowUpdate(rows, row))
}

/** Adds up the outcomes of `listUpdates`. */
export function tallyOutcomes(updates: readonly ProfileUpdate[], outcomes: readonly Outcome[]): RowOutcomes {
  const tally = new RowTally()
  for (const [row, outcome] of outcomes.entries()) tally.addOutcome(outcome, updates[row]?.line ?? 0)
  return tally
}
