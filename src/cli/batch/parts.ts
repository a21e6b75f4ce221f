import { Refusal } from '../../lib/errors.ts'
import type { PartLimits, RowPiece, RowSource } from './rows.ts'

/**
 * One upload of a file that may be too large for one: the header, and the rows whose turn it is.
 *
 * Counts and lines are those of what was read so far.
 */
export class Part {
  /** From 1. */
  readonly number: number
  rows = 0
  bytes = 0
  firstLine = 0
  lastLine = 0

  constructor(number: number) {
    this.number = number
  }
}

/**
 * Cuts a file into parts below both limits: no row is lost, sent twice, or moved, and every part has
 * the header. It depends on nothing but the file and the limits, so that the parts of a second run
 * are those of the first.
 */
export class Splitter {
  readonly #header: Buffer
  readonly #limits: PartLimits
  readonly #pieces: AsyncIterator<RowPiece>
  #piece: RowPiece | undefined
  /** The first row of the piece that is in no part yet. */
  #row = 0
  #parts = 0

  constructor({ header, rows }: RowSource, limits: PartLimits) {
    this.#header = header
    this.#limits = limits
    this.#pieces = rows[Symbol.asyncIterator]()
  }

  /** Begins the next part, once the one before is read to its end; `undefined` after the last. */
  async next(): Promise<Part | undefined> {
    const hasRows = await this.#hasRow()
    return hasRows ? new Part(++this.#parts) : undefined
  }

  /** Reads a part from its header to its last row. */
  async *read(part: Part): AsyncGenerator<Buffer> {
    part.bytes = this.#header.length
    yield this.#header
    while (await this.#hasRow()) {
      const taken = this.#take(part)
      if (taken === undefined) return
      yield taken
    }
  }

  /** Leaves the file. */
  async close(): Promise<void> {
    await this.#pieces.return?.()
  }

  async #hasRow(): Promise<boolean> {
    while (this.#piece === undefined || this.#row >= this.#piece.ends.length) {
      const { done, value } = await this.#pieces.next()
      if (done) return false
      this.#piece = value
      this.#row = 0
    }
    return true
  }

  /** Takes as many rows of the piece as the part has room for; `undefined` when it has for none. */
  #take(part: Part): Buffer | undefined {
    const { bytes, ends, lines } = this.#piece!
    const first = this.#row
    const start = first === 0 ? 0 : ends[first - 1]!
    const room = this.#limits.bytesMax - part.bytes
    const rowsEnd = Math.min(ends.length, first + this.#limits.rowsMax - part.rows)
    let row = first
    while (row < rowsEnd && ends[row]! - start <= room) row++
    if (row === first) {
      if (part.rows > 0) return undefined
      throw new Refusal(
        'batch_too_large',
        `Line ${lines[row]!}: the row has ${ends[row]! - start} bytes, and with the header does not fit ` +
          `an upload of ${this.#limits.bytesMax} bytes.`,
      )
    }
    const end = ends[row - 1]!
    part.rows += row - first
    part.bytes += end - start
    part.firstLine ||= lines[first]!
    part.lastLine = lines[row - 1]!
    this.#row = row
    return bytes.subarray(start, end)
  }
}
