import { decodeInto } from '../../lib/percent.ts'
import type { AttributeValues } from '../../model/attribute.ts'
import { parseId } from '../../model/visitor-id.ts'
import type { BatchHeader } from './header.ts'
import { isBlank, lineBytesMax } from './lines.ts'

/** What is wrong with a row, and in which column by name. */
export interface RowFault {
  readonly column: string | undefined
  readonly fault: string
}

/** A good row: its visitor, and its values in the arena they were parsed into. May be filled anew. */
export class ParsedRow implements AttributeValues {
  id = ''
  names: readonly string[] = []
  bytes: Buffer = nothing
  start = 0
  readonly ends: number[] = []
}

const nothing = Buffer.alloc(0)
const comma = 0x2c
const percent = 0x25
const plus = 0x2b

/** Decoded values of a group of rows, one after the other; filled, handed to the store, then reset. */
export class Arena {
  bytes: Buffer
  used = 0

  constructor(size: number) {
    this.bytes = Buffer.allocUnsafeSlow(size)
  }

  /** Makes room for a row; rows parsed before keep the buffer that they were parsed into. */
  reserve(length: number) {
    if (this.used + length <= this.bytes.length) return
    this.bytes = Buffer.allocUnsafeSlow(Math.max(this.bytes.length, length))
    this.used = 0
  }
}

/**
 * Parses one row (a line without its terminator) into its visitor and values.
 *
 * Cells are trimmed of blanks, then percent-decoded; a missing or empty cell sets nothing. The
 * first fault from left to right is the one reported.
 *
 * @param row is filled and returned when the row is good
 * @source decisions.md §5 "The file" and "The rows"
 */
export function parseRow(
  header: BatchHeader,
  line: { readonly bytes: Buffer; readonly start: number; readonly end: number },
  arena: Arena,
  row = new ParsedRow(),
): ParsedRow | RowFault {
  const { bytes, end } = line
  if (end - line.start > lineBytesMax)
    return { column: undefined, fault: `row longer than ${lineBytesMax} bytes` }
  arena.reserve(end - line.start)
  const target = arena.bytes
  const start = arena.used
  const { ends } = row
  ends.length = 0
  let at = start
  let from = line.start
  for (let column = -1; from <= end; column++) {
    // One pass finds the cell's end, copies it as if it were plain, and sees whether it is.
    let first = from
    while (first < end && isBlank(bytes[first]!)) first++
    let to = first
    let out = at
    let isPlain = true
    for (let byte: number; to < end && (byte = bytes[to]!) !== comma; to++) {
      if (byte === percent || byte === plus || byte > 0x7f) isPlain = false
      target[out++] = byte
    }
    let last = to
    while (last > first && isBlank(bytes[last - 1]!)) last--
    from = to + 1
    if (column < 0) {
      const parsed = parseIdCell(header, { bytes, start: first, end: last }, arena)
      if (typeof parsed !== 'string') return parsed
      row.id = parsed
      continue
    }
    if (column >= header.names.length) {
      if (first === last) continue
      return {
        column: String(column + 2),
        fault: `more values than the ${header.names.length + 1} columns of the header`,
      }
    }
    if (isPlain) at += last - first
    else {
      const decoded = decodeInto(bytes, { start: first, end: last }, target, at)
      if (typeof decoded !== 'number') return { column: header.names[column], fault: decoded.fault }
      at = decoded
    }
    ends.push(at)
  }
  arena.used = at
  while (ends.length < header.names.length) ends.push(at)
  row.names = header.names
  row.bytes = target
  row.start = start
  return row
}

function parseIdCell(
  header: BatchHeader,
  cell: { readonly bytes: Buffer; readonly start: number; readonly end: number },
  arena: Arena,
): string | RowFault {
  // The id is decoded where the first value will be: the row's room is there, and nothing is kept of it.
  const decoded = decodeInto(cell.bytes, cell, arena.bytes, arena.used)
  if (typeof decoded !== 'number') return { column: header.key, fault: decoded.fault }
  const text = arena.bytes.toString('utf8', arena.used, decoded)
  const id = parseId(header.key === 'pcId' ? 'tntId' : 'thirdPartyId', text)
  if (id === undefined) return { column: header.key, fault: 'missing id' }
  return typeof id === 'string' ? id : { column: header.key, fault: `the id ${id.fault}` }
}

/** The comment that explains a failed row, as it stands in a failed-rows file. */
export function faultComment(line: number, { column, fault }: RowFault): string {
  return column === undefined ? `# line ${line}: ${fault}` : `# line ${line}, column ${column}: ${fault}`
}
