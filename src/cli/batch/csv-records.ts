import { Parser, type CsvError, type Options } from 'csv-parse'
import { Refusal } from '../../lib/errors.ts'

/** Most bytes of one record. Without a bound, a quote left open would be read to the end of the file. */
export const recordBytesMax = 16 * 1_048_576

export interface CsvOptions {
  /** What stands between cells; a comma unless given. */
  readonly delimiter?: string | undefined
  /** Leaves out blanks around cells, outside of quotes. */
  readonly trim?: boolean | undefined
}

/** A piece of a CSV file that holds whole records. */
export interface CsvPiece {
  readonly bytes: Buffer
  readonly records: readonly CsvRecord[]
}

export interface CsvRecord {
  /** Bytes of each cell as latin1 characters, so that none is decoded; absent for what is no record. */
  readonly cells?: readonly string[]
  /** Why this cannot be read as a record. */
  readonly fault?: string
  /** Where it stands in the piece, empty lines before it and its line end included. */
  readonly start: number
  readonly end: number
  /** Line of the file where it begins, from 1. */
  readonly line: number
}

/**
 * Reads the records of a CSV file: RFC 4180, whose lines may end with LF, CRLF, or both in turns.
 *
 * Lines and records without any text are left out. What cannot be read comes as a fault that covers
 * the lines from where its record began to where it cannot go on: nothing inside is taken for a
 * record, because it may be the text of a cell. Memory is bounded by `recordBytesMax`.
 *
 * @throws Refusal `batch_invalid` for a record without an end
 */
export async function* readCsvRecords(
  chunks: AsyncIterable<Uint8Array>,
  options: CsvOptions = {},
): AsyncGenerator<CsvPiece> {
  const reader = new RecordReader(options)
  for await (const chunk of chunks) yield await reader.read(chunk)
  yield await reader.end()
}

/**
 * Hands over each record where it is parsed. The stream's own way to the reader, and the `on_record`
 * of csv-parse with its copy of all figures, cost as much again as the parsing.
 */
class RecordParser extends Parser {
  readonly #onRecord: (cells: readonly string[], end: number) => void

  constructor(onRecord: (cells: readonly string[], end: number) => void, options: Options) {
    super(options)
    this.#onRecord = onRecord
  }

  override push(cells: readonly string[] | null): boolean {
    if (cells === null) return super.push(null)
    this.#onRecord(cells, this.info.bytes)
    return true
  }
}

/** Where a parser gave up, and why. */
interface Break {
  readonly fault: string
  readonly at: number
}

const lineFeed = 0x0a
const quote = 0x22

/** Drives `csv-parse`, and starts another parser behind what one cannot read. */
class RecordReader {
  readonly #options: CsvOptions
  #parser: Parser
  /** From the end of the last record of the piece before. */
  #bytes: Buffer = Buffer.alloc(0)
  /** Where the parser began to read, as a place in the bytes; negative once that is gone. */
  #parsedFrom = 0
  /** How far records and faults cover the bytes. */
  #covered = 0
  #line = 1
  #records: CsvRecord[] = []
  #break: Break | undefined

  constructor(options: CsvOptions) {
    this.#options = options
    this.#parser = this.#openParser()
  }

  async read(chunk: Uint8Array): Promise<CsvPiece> {
    this.#bytes = Buffer.concat([this.#bytes, chunk])
    if (this.#break === undefined) await this.#write(chunk)
    while (this.#passBreak()) await this.#writeRest()
    if (this.#bytes.length - this.#covered > recordBytesMax) {
      const hint = 'is a quote left open, or this no CSV file?'
      throw new Refusal(
        'batch_invalid',
        `Line ${this.#firstLine()}: the record is longer than ${recordBytesMax} bytes; ${hint}`,
      )
    }
    return this.#takePiece()
  }

  async end(): Promise<CsvPiece> {
    if (this.#break === undefined) await this.#finish()
    while (this.#passBreak({ atEnd: true })) {
      await this.#writeRest()
      if (this.#break === undefined) await this.#finish()
    }
    return this.#takePiece()
  }

  #openParser(): Parser {
    const { delimiter = ',', trim = false } = this.#options
    const parser = new RecordParser((cells, end) => this.#addRecord(cells, this.#parsedFrom + end), {
      delimiter: Buffer.from(delimiter),
      record_delimiter: ['\r\n', '\n'],
      // Cells of any number: the header decides.
      relax_column_count: true,
      skip_empty_lines: true,
      trim,
      encoding: 'latin1',
    })
    // What is wrong comes by the callbacks, too.
    parser.on('error', () => {})
    return parser.resume()
  }

  #addRecord(cells: readonly string[], end: number) {
    const start = this.#covered
    if (cells.some((cell) => cell.trim() !== '')) {
      this.#records.push({ cells, start, end, line: this.#firstLine() })
    }
    this.#cover(end)
  }

  #cover(end: number) {
    for (let feed = this.#covered - 1; (feed = this.#bytes.indexOf(lineFeed, feed + 1)) >= 0 && feed < end;) {
      this.#line++
    }
    this.#covered = end
  }

  /** Line of what comes next, behind lines without text. */
  #firstLine(): number {
    let line = this.#line
    for (let i = this.#covered; this.#bytes[i] === lineFeed || this.#bytes[i] === 0x0d; i++) {
      if (this.#bytes[i] === lineFeed) line++
    }
    return line
  }

  async #write(bytes: Uint8Array) {
    const parser = this.#parser
    const error = await new Promise<Error | null | undefined>((resolve) => void parser.write(bytes, resolve))
    if (error) this.#break = this.#breakOf(error)
  }

  async #finish() {
    const parser = this.#parser
    const error = await new Promise<Error | undefined>((resolve) => {
      parser.once('error', resolve).once('end', () => resolve(undefined))
      parser.end()
    })
    if (error) this.#break = this.#breakOf(error)
  }

  /** Another parser for what is not covered. */
  async #writeRest() {
    this.#parser = this.#openParser()
    this.#parsedFrom = this.#covered
    if (this.#covered < this.#bytes.length) await this.#write(this.#bytes.subarray(this.#covered))
  }

  /** The parser's own place is that of the cell; of its line numbers none counts a CRLF in quotes once. */
  #breakOf(error: Error): Break {
    // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- csv-parse throws no others
    const { code, column } = error as CsvError & { column?: number }
    const cell = this.#parsedFrom + this.#parser.info.bytes
    const where = typeof column === 'number' ? `column ${column + 1}: ` : ''
    if (code === 'CSV_QUOTE_NOT_CLOSED') {
      return { fault: `${where}a quote is not closed`, at: this.#bytes.length }
    }
    if (code === 'INVALID_OPENING_QUOTE') {
      return { fault: `${where}a quote stands inside a cell that does not begin with one`, at: cell }
    }
    return { fault: `${where}text follows a closing quote`, at: closingQuote(this.#bytes, cell) }
  }

  /** Covers what could not be read, to the end of its line; false while that has not come. */
  #passBreak({ atEnd = false } = {}): boolean {
    if (this.#break === undefined) return false
    const feed = this.#bytes.indexOf(lineFeed, this.#break.at)
    if (feed < 0 && !atEnd) return false
    const end = feed < 0 ? this.#bytes.length : feed + 1
    this.#records.push({ fault: this.#break.fault, start: this.#covered, end, line: this.#firstLine() })
    this.#cover(end)
    this.#break = undefined
    return true
  }

  #takePiece(): CsvPiece {
    const piece = { bytes: this.#bytes, records: this.#records }
    this.#bytes = this.#bytes.subarray(this.#covered)
    this.#parsedFrom -= this.#covered
    if (this.#break) this.#break = { ...this.#break, at: this.#break.at - this.#covered }
    this.#covered = 0
    this.#records = []
    return piece
  }
}

/** Where the quoted cell that begins at or behind a place ends. */
function closingQuote(bytes: Buffer, cell: number): number {
  let at = bytes.indexOf(quote, bytes.indexOf(quote, cell) + 1)
  while (at >= 0 && bytes[at + 1] === quote) at = bytes.indexOf(quote, at + 2)
  return at
}
