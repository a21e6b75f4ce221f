import { parse } from 'csv-parse/sync'
import { Refusal } from '../../lib/errors.ts'
import { attributeNameFault } from '../../model/attribute.ts'
import type { BatchKey } from '../../model/batch.ts'
import { encodeCell } from './encode-cell.ts'

/** What of a CSV file goes into batches, as the caller says it. */
export interface ColumnChoice {
  /** `customer_id=thirdPartyId`: the column that holds ids, and what they are. */
  readonly key: { readonly column: string; readonly key: BatchKey }
  /** `plan` or `Plan name=plan`, in the order of the batch; all but the key when left out. */
  readonly columns?: readonly string[] | undefined
}

/** The columns of one file. */
export interface Columns {
  readonly key: BatchKey
  /** Place of the id in a record. */
  readonly keyIndex: number
  /** Places of the values in a record, in the order of the batch. */
  readonly indexes: readonly number[]
  /** Names of the attributes, in the same order. */
  readonly attributes: readonly string[]
  /** The file's own names, by place. */
  readonly header: readonly string[]
}

/** Splits a list of columns, one that holds a comma in quotes; none of what is no list. */
export function splitColumnList(text: string): string[] {
  try {
    const records: string[][] = parse(text, { relax_column_count: true, relax_quotes: true })
    return records.flat()
  } catch {
    // CsvError: a quote is not closed.
    return []
  }
}

/** Reads `COLUMN=pcId` or `COLUMN=thirdPartyId`; `undefined` for anything else. */
export function parseKeyChoice(text: string): ColumnChoice['key'] | undefined {
  const match = /^(.+)=(pcId|thirdPartyId)$/s.exec(text)
  if (match === null) return undefined
  return { column: match[1] ?? '', key: match[2] === 'pcId' ? 'pcId' : 'thirdPartyId' }
}

/**
 * Finds the chosen columns in the header of a file, and judges it as the service does.
 *
 * @param line of the header, for messages
 * @throws Refusal `batch_invalid`
 */
export function chooseColumns(header: readonly string[], choice: ColumnChoice, line: number): Columns {
  const { column, key } = choice.key
  const find = (name: string): number => findColumn(header, name, line)
  const keyIndex = find(column)
  const chosen =
    choice.columns?.map((text) => chooseColumn(header, text, find)) ??
    header.flatMap((name, index) => (index === keyIndex ? [] : [{ index, name }]))
  if (chosen.length === 0) throw invalid(line, 'the file has no column besides the key; add an attribute')
  judgeNames(key, chosen, line)
  return {
    key,
    keyIndex,
    indexes: chosen.map(({ index }) => index),
    attributes: chosen.map(({ name }) => name),
    header,
  }
}

/** The first line of each upload, in which columns have their new names. */
export function writeHeader({ key, attributes }: Columns): Buffer {
  const cells = attributes.map((name) => encodeCell(Buffer.from(name).toString('latin1')))
  return Buffer.from(`batch=${[key, ...cells].join(',')}\n`)
}

interface Chosen {
  readonly index: number
  readonly name: string
}

/** A column is named as the file does, or with its new name behind the last equals sign. */
function chooseColumn(header: readonly string[], text: string, find: (name: string) => number): Chosen {
  const sign = text.lastIndexOf('=')
  if (sign < 0 || header.includes(text)) return { index: find(text), name: text }
  return { index: find(text.slice(0, sign)), name: text.slice(sign + 1) }
}

function findColumn(header: readonly string[], name: string, line: number): number {
  const index = header.indexOf(name)
  if (index < 0) {
    const there = header.slice(0, 20).map((column) => JSON.stringify(column))
    const hint = header.length === 1 ? '; if that is several, give --delimiter' : ''
    throw invalid(line, `there is no column ${JSON.stringify(name)}; the file has ${there.join(', ')}${hint}`)
  }
  const again = header.indexOf(name, index + 1)
  if (again < 0) return index
  const places = `columns ${index + 1} and ${again + 1}`
  throw invalid(line, `${places} are both ${JSON.stringify(name)}; give each column a name of its own`)
}

function judgeNames(key: BatchKey, chosen: readonly Chosen[], line: number) {
  const seen = new Map<string, number>([[key, 0]])
  for (const { index, name } of chosen) {
    const where = `column ${index + 1}, ${JSON.stringify(name)},`
    const rename = `rename it (--columns OLD=NEW) or leave it out`
    const fault = attributeNameFault(name)
    if (fault) throw invalid(line, `${where} ${fault}; ${rename}`)
    if (name.startsWith('profile.')) throw invalid(line, `${where} begins with "profile."; ${rename}`)
    const other = seen.get(name)
    if (other === 0) throw invalid(line, `${where} has the name of the key; ${rename}`)
    if (other !== undefined)
      throw invalid(line, `${where} is there twice, also as column ${other}; ${rename}`)
    seen.set(name, index + 1)
  }
}

function invalid(line: number, what: string): Refusal {
  return new Refusal('batch_invalid', `Line ${line}: ${what}.`, { line })
}
