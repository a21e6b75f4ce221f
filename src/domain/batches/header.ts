import { Refusal } from '../../lib/errors.ts'
import { decodeText } from '../../lib/percent.ts'
import { attributeNameFault } from '../../model/attribute.ts'
import type { BatchKey } from '../../model/batch.ts'
import { isBlank, lineEnd } from './lines.ts'

/** The first line of an upload, understood. */
export interface BatchHeader {
  readonly key: BatchKey
  /** Attribute names of the columns after the key. */
  readonly names: readonly string[]
  /** The line as it came, `batch=` included, without a byte order mark and line terminator. */
  readonly text: Buffer
  /** Where the first row begins in the upload. */
  readonly rowsStart: number
}

const batchPrefix = Buffer.from('batch=')
const byteOrderMark = Buffer.from([0xef, 0xbb, 0xbf])

/** Tells whether bytes, perhaps still few, can be the beginning of an upload. */
export function canBeginUpload(head: Buffer): boolean {
  return [batchPrefix, Buffer.concat([byteOrderMark, batchPrefix])].some((prefix) => {
    const length = Math.min(prefix.length, head.length)
    return head.subarray(0, length).equals(prefix.subarray(0, length))
  })
}

/**
 * Reads the first line of an upload.
 *
 * @param head the upload's beginning, at least to the first line feed or its end
 * @throws     Refusal `batch_invalid`
 */
export function parseHeader(head: Buffer): BatchHeader {
  const start = head.subarray(0, 3).equals(byteOrderMark) ? 3 : 0
  if (!head.subarray(start, start + batchPrefix.length).equals(batchPrefix)) throw missingPrefix()
  const feed = head.indexOf(0x0a)
  const lineStop = feed < 0 ? head.length : feed
  const end = lineEnd(head, start, lineStop)
  const cells = splitCells(head, start + batchPrefix.length, end)
  const names = cells.map(({ from, to }, index) => decodeName(head, { from, to, column: index + 1 }))
  const [key, ...attributes] = names
  if (key !== 'pcId' && key !== 'thirdPartyId') {
    throw invalid(`column 1 of the header is "${key}"; it must be pcId or thirdPartyId`)
  }
  checkNames(key, attributes)
  return { key, names: attributes, text: Buffer.from(head.subarray(start, end)), rowsStart: lineStop + 1 }
}

/** The refusal of a body that is no upload. */
export function missingPrefix(): Refusal {
  return invalid(
    'the body must begin with "batch=" followed by the header line, as in batch=pcId,param1,param2',
  )
}

export function invalid(what: string): Refusal {
  return new Refusal('batch_invalid', `Line 1: ${what}.`, { line: 1 })
}

function splitCells(bytes: Buffer, start: number, end: number): { from: number; to: number }[] {
  const cells: { from: number; to: number }[] = []
  for (let from = start; from <= end;) {
    const comma = bytes.indexOf(0x2c, from)
    const to = comma < 0 || comma > end ? end : comma
    cells.push(trim(bytes, from, to))
    from = to + 1
  }
  return cells
}

function trim(bytes: Buffer, start: number, end: number): { from: number; to: number } {
  let from = start
  let to = end
  while (from < to && isBlank(bytes[from]!)) from++
  while (to > from && isBlank(bytes[to - 1]!)) to--
  return { from, to }
}

function decodeName(bytes: Buffer, cell: { from: number; to: number; column: number }): string {
  const name = decodeText(bytes, cell.from, cell.to)
  if (typeof name === 'string') return name
  throw invalid(`column ${cell.column} of the header: ${name.fault}; percent-encode names as UTF-8`)
}

function checkNames(key: BatchKey, names: readonly string[]) {
  if (names.length === 0) throw invalid('the header names only the key; add at least one attribute')
  const seen = new Set<string>([key])
  for (const [index, name] of names.entries()) {
    const where = `column ${index + 2} of the header`
    const fault = attributeNameFault(name)
    if (fault) throw invalid(`${where}, "${name}", ${fault}`)
    if (name.startsWith('profile.')) throw invalid(`${where}, "${name}": leave out the prefix "profile."`)
    if (seen.has(name)) throw invalid(`${where}, "${name}", is there twice; give each name once`)
    seen.add(name)
  }
}
