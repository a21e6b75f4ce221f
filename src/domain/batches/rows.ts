import { decodeInto, type DecodeFault } from '../../lib/percent.ts'
import { thirdPartyIdCharsMax, tntIdCharsMax } from '../../model/limits.ts'
import { placesPerRow, type Rows } from '../../model/rows.ts'
import { parseId } from '../../model/visitor-id.ts'
import type { BatchHeader } from './header.ts'
import { isBlank, lineBytesMax } from './lines.ts'

/** What is wrong with a row, and in which column by name. */
export interface RowFault {
  readonly column: string | undefined
  readonly fault: string
}

/** One line of an upload where it stands in a buffer, without its terminator. */
export interface RowPlace {
  readonly bytes: Buffer
  readonly start: number
  readonly end: number
}

/** Numbers that the places of a group of rows take at the most, so that wide rows make small groups. */
const placesMax = 262_144

const comma = 0x2c
const percent = 0x25
const plus = 0x2b

/** What a byte means in a cell: its end, an escape or a byte that is not ASCII, or just itself. */
const isComma = 1
const isCoded = 2
const meanings = Uint8Array.from({ length: 256 }, (_, byte) => {
  if (byte === comma) return isComma
  return byte === percent || byte === plus || byte > 0x7f ? isCoded : 0
})

/** Bytes that make no difference to `parseId`: an id of them alone is taken as it is. */
const plainInId = {
  pcId: plainBytes('.'),
  thirdPartyId: plainBytes('/'),
}

function plainBytes(refused: string): Uint8Array {
  const isPlain = (byte: number) => byte > 0x20 && byte < 0x7f && byte !== refused.charCodeAt(0)
  return Uint8Array.from({ length: 256 }, (_, byte) => (isPlain(byte) && meanings[byte] === 0 ? 1 : 0))
}

type Common = Pick<Rows, 'client' | 'atMs' | 'create' | 'lifetimeMs'>

/**
 * A group of parsed rows, for the store to apply. Filled row by row, then emptied and filled again.
 *
 * Rows are parsed in one pass over their bytes, which are copied as they are; only a cell with an
 * escape or with bytes that are not ASCII is looked at again.
 */
export class RowGroup implements Rows {
  readonly client: string
  readonly atMs: number
  readonly create: boolean
  readonly lifetimeMs: number
  readonly idKind: Rows['idKind']
  readonly names: readonly string[]
  readonly bytes: Buffer
  readonly places: Uint32Array
  readonly rowsMax: number
  length = 0
  readonly #header: BatchHeader
  readonly #plainInId: Uint8Array
  readonly #idCharsMax: number
  #used = 0
  #idEnd = 0
  #isIdPlain = false

  /**
   * @param common    what all rows have in common
   * @param rowsMax   most rows of it; fewer when there are very many columns
   * @param bytesSize bytes for ids and values; one row may need `lineBytesMax`
   */
  constructor(header: BatchHeader, common: Common, { rowsMax, bytesSize }: GroupSize) {
    this.client = common.client
    this.atMs = common.atMs
    this.create = common.create
    this.lifetimeMs = common.lifetimeMs
    this.idKind = header.key === 'pcId' ? 'tntId' : 'thirdPartyId'
    this.names = header.names
    this.bytes = Buffer.allocUnsafeSlow(bytesSize)
    const stride = placesPerRow(header.names.length)
    this.rowsMax = Math.max(1, Math.min(rowsMax, Math.floor(placesMax / stride)))
    this.places = new Uint32Array(this.rowsMax * stride)
    this.#header = header
    this.#plainInId = plainInId[header.key]
    this.#idCharsMax = header.key === 'pcId' ? tntIdCharsMax : thirdPartyIdCharsMax
  }

  clear() {
    this.length = 0
    this.#used = 0
  }

  /** Whether a row of so many encoded bytes fits. A row that is too long takes no room. */
  hasRoomFor(bytes: number): boolean {
    return this.length < this.rowsMax && (bytes > lineBytesMax || this.#used + bytes <= this.bytes.length)
  }

  /**
   * Parses a row that there is room for, and adds it when it is good.
   *
   * Cells are trimmed of blanks, then percent-decoded; a missing or empty cell sets nothing.
   *
   * @returns the first fault from left to right
   * @source  decisions.md §5 "The file" and "The rows"
   */
  add({ bytes, start, end }: RowPlace, line: number): RowFault | undefined {
    if (end - start > lineBytesMax)
      return { column: undefined, fault: `row longer than ${lineBytesMax} bytes` }
    const { places } = this
    const columns = this.names.length
    const place = this.length * placesPerRow(columns)
    const idStop = this.#copyId(bytes, start, end)
    const idFault = this.#isIdPlain ? undefined : this.#addCodedId(bytes, start, idStop)
    if (idFault) return idFault
    places[place] = line
    places[place + 1] = this.#used
    places[place + 2] = this.#idEnd
    const { bytes: target } = this
    let at = this.#idEnd
    let from = idStop + 1
    let column = 0
    for (; from <= end; column++) {
      while (from < end && isBlank(bytes[from]!)) from++
      let to = from
      let out = at
      let meaning = 0
      let coded = 0
      while (to < end && (meaning = meanings[bytes[to]!]!) !== isComma) {
        coded |= meaning
        target[out++] = bytes[to++]!
      }
      let last = to
      while (last > from && isBlank(bytes[last - 1]!)) last--
      if (column >= columns && last > from) return tooManyValues(columns)
      if (coded === 0) at += last - from
      else {
        const decoded = decodeInto(bytes, { start: from, end: last }, target, at)
        if (typeof decoded !== 'number') return { column: this.names[column], fault: decoded.fault }
        at = decoded
      }
      from = to + 1
      if (column < columns) places[place + 3 + column] = at
    }
    while (column < columns) places[place + 3 + column++] = at
    this.#used = at
    this.length++
    return undefined
  }

  /** Copies a row's first cell behind the bytes used, and tells where the cell ends. */
  #copyId(bytes: Buffer, start: number, end: number): number {
    const target = this.bytes
    const isPlain = this.#plainInId
    let out = this.#used
    let to = start
    let plain = 1
    for (let byte: number; to < end && (byte = bytes[to]!) !== comma; to++) {
      plain &= isPlain[byte]!
      target[out++] = byte
    }
    const length = to - start
    this.#isIdPlain = plain === 1 && length > 0 && length <= this.#idCharsMax
    this.#idEnd = out
    return to
  }

  /** Adds an id that has blanks around it, escapes, or anything that may be wrong with an id. */
  #addCodedId(bytes: Buffer, cellStart: number, cellEnd: number): RowFault | undefined {
    const { key } = this.#header
    let start = cellStart
    while (start < cellEnd && isBlank(bytes[start]!)) start++
    let end = cellEnd
    while (end > start && isBlank(bytes[end - 1]!)) end--
    const decoded: number | DecodeFault = decodeInto(bytes, { start, end }, this.bytes, this.#used)
    if (typeof decoded !== 'number') return { column: key, fault: decoded.fault }
    const id = parseId(this.idKind, this.bytes.toString('utf8', this.#used, decoded))
    if (id === undefined) return { column: key, fault: 'missing id' }
    if (typeof id !== 'string') return { column: key, fault: `the id ${id.fault}` }
    this.#idEnd = this.#used + this.bytes.write(id, this.#used)
    return undefined
  }
}

export interface GroupSize {
  readonly rowsMax: number
  readonly bytesSize: number
}

function tooManyValues(columns: number): RowFault {
  return {
    column: String(columns + 2),
    fault: `more values than the ${columns + 1} columns of the header`,
  }
}

/** For rows that are read for their faults alone: what they have in common is nothing to these. */
export const noMatter: Common = { client: '', atMs: 0, create: false, lifetimeMs: 0 }

/** The comment that explains a failed row, as it stands in a failed-rows file. */
export function faultComment(line: number, { column, fault }: RowFault): string {
  return column === undefined ? `# line ${line}: ${fault}` : `# line ${line}, column ${column}: ${fault}`
}
