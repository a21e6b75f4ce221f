import { isRow, lineEnd } from '../../domain/batches/lines.ts'
import { Refusal } from '../../lib/errors.ts'
import type { RowPiece, RowSource } from './rows.ts'

const lineFeed = 0x0a

/**
 * Reads a batch file, whose lines are taken as they stand: blank lines and comments go with the row
 * behind them.
 *
 * @param bytesMax a longer line fits no upload
 * @throws Refusal `batch_invalid` for what does not begin as a batch does, `batch_too_large`
 */
export async function readPlainRows(chunks: AsyncIterable<Uint8Array>, bytesMax: number): Promise<RowSource> {
  const lines = new LineReader(chunks[Symbol.asyncIterator](), bytesMax)
  const header = await lines.readFirst()
  if (!/^(?:\xef\xbb\xbf)?batch=/.test(header.toString('latin1', 0, 9))) {
    throw new Refusal(
      'batch_invalid',
      'Line 1: the file must begin with "batch=" and the header, as in batch=pcId,param1,param2. ' +
        'For a CSV export, name its key: --key customer_id=thirdPartyId.',
    )
  }
  return { header, rows: lines.readRows() }
}

class LineReader {
  readonly #chunks: AsyncIterator<Uint8Array>
  readonly #bytesMax: number
  /** Bytes without a line feed behind the last line. */
  #open: Buffer = Buffer.alloc(0)
  #line = 1
  #ended = false

  constructor(chunks: AsyncIterator<Uint8Array>, bytesMax: number) {
    this.#chunks = chunks
    this.#bytesMax = bytesMax
  }

  async readFirst(): Promise<Buffer> {
    for (;;) {
      const feed = this.#open.indexOf(lineFeed)
      if (feed >= 0 || this.#ended) {
        const end = feed < 0 ? this.#open.length : feed + 1
        const first = this.#open.subarray(0, end)
        this.#open = this.#open.subarray(end)
        this.#line++
        return first
      }
      await this.#readMore()
    }
  }

  async *readRows(): AsyncGenerator<RowPiece> {
    try {
      let piece = this.#takeRows()
      while (!this.#ended) {
        if (piece.ends.length > 0) yield piece
        await this.#readMore()
        piece = this.#takeRows()
      }
      if (piece.ends.length > 0) yield piece
    } finally {
      await this.#chunks.return?.()
    }
  }

  async #readMore() {
    // Pieces are put together in one go: line by line, a long one would be copied again and again.
    const pieces: Uint8Array[] = [this.#open]
    let length = this.#open.length
    for (;;) {
      const { done, value } = await this.#chunks.next()
      if (done) {
        this.#ended = true
        break
      }
      pieces.push(value)
      length += value.length
      if (value.includes(lineFeed)) break
      if (length > this.#bytesMax) throw this.#tooLong()
    }
    this.#open = Buffer.concat(pieces)
  }

  /** Takes the rows that are there in full; what follows the last one stays. */
  #takeRows(): RowPiece {
    const bytes = this.#open
    const ends: number[] = []
    const lines: number[] = []
    let line = this.#line
    for (let start = 0; start < bytes.length; line++) {
      const feed = bytes.indexOf(lineFeed, start)
      if (feed < 0 && !this.#ended) break
      const end = feed < 0 ? bytes.length : feed
      const next = feed < 0 ? end : end + 1
      if (isRow(bytes, start, lineEnd(bytes, start, end))) {
        ends.push(next)
        lines.push(line)
        this.#line = line + 1
      }
      start = next
    }
    this.#open = bytes.subarray(ends.at(-1) ?? 0)
    return { bytes, ends, lines }
  }

  #tooLong(): Refusal {
    return new Refusal(
      'batch_too_large',
      `Line ${this.#line}: the line is longer than the ${this.#bytesMax} bytes of an upload.`,
    )
  }
}
