import path from 'node:path'
import { InvalidArgumentError, Option, type Command } from 'commander'
import { UsageError } from '../errors.ts'
import { parseKeyChoice, splitColumnList, type ColumnChoice } from './columns.ts'
import { readCsvRows } from './csv-rows.ts'
import { readPlainRows } from './plain-rows.ts'
import type { Rejects } from './rejects.ts'
import { partLimitsDefault, type PartLimits, type RowSource } from './rows.ts'
import { isEncoding, toUtf8, type Source } from './source.ts'

/** How a file is read and cut, as given on the command line. */
export interface FileOptions {
  readonly key?: ColumnChoice['key']
  readonly columns?: readonly string[]
  readonly delimiter?: string
  readonly encoding?: string
  readonly trim?: true
  readonly maxRows?: number
  readonly maxBytes?: number
  readonly rejects?: string
  readonly allowFailed?: true
}

/** Adds the options of a CSV file, and of the size of uploads. */
export function addFileOptions(command: Command): Command {
  const csv = [
    new Option('--key <column=kind>', 'column of the ids, and what they are: pcId or thirdPartyId').argParser(
      keyOf,
    ),
    new Option(
      '--columns <list>',
      'attributes, as in plan,City=city (renamed); all columns unless given',
    ).argParser(columnsOf),
    new Option(
      '--delimiter <character>',
      'what stands between cells, "tab" for a tab; a comma unless given',
    ).argParser(delimiterOf),
    new Option(
      '--encoding <name>',
      'as in windows-1252; utf-8, or what the byte order mark says, unless given',
    ).argParser(encodingOf),
    new Option('--trim', 'leave out blanks around cells, outside of quotes'),
    new Option('--rejects <file>', 'where records go that make no row; NAME.rejected.csv unless given'),
  ]
  for (const option of csv) command.addOption(option.helpGroup('CSV files:'))
  const { rowsMax, bytesMax } = partLimitsDefault
  const size = [
    new Option('--max-rows <number>', `most rows of an upload; ${rowsMax} unless given`).argParser(countOf),
    new Option('--max-bytes <number>', `most bytes of an upload; ${bytesMax} unless given`).argParser(
      countOf,
    ),
  ]
  for (const option of size) command.addOption(option.helpGroup('Uploads:'))
  return command.option('--allow-failed', 'end with 0 although rows failed or records made no row')
}

/** Options that mean nothing without a key. @throws UsageError */
export function requireKeyForCsv(options: FileOptions): void {
  const given = (['columns', 'delimiter', 'encoding', 'trim', 'rejects'] as const).find(
    (name) => options[name],
  )
  if (given === undefined || options.key !== undefined) return
  throw new UsageError(
    `--${given} is for CSV files, which need --key, too.`,
    'Name the column of the ids, as in --key customer_id=thirdPartyId.',
  )
}

/** The limits of an upload. */
export function limitsOf({ maxRows, maxBytes }: FileOptions): PartLimits {
  return { rowsMax: maxRows ?? partLimitsDefault.rowsMax, bytesMax: maxBytes ?? partLimitsDefault.bytesMax }
}

/** Reads a file from its beginning: as CSV where its key is named, else as a batch file. */
export async function openRows(
  source: Source,
  options: FileOptions,
  { rejects, onRead }: { readonly rejects: Rejects; readonly onRead: (bytes: number) => void },
): Promise<RowSource> {
  const { key, columns, delimiter, encoding, trim } = options
  const { bytesMax } = limitsOf(options)
  if (key === undefined) return readPlainRows(source.read(onRead), bytesMax)
  const rows = await readCsvRows(toUtf8(source.read(onRead), encoding), {
    key,
    columns,
    delimiter,
    trim,
    bytesMax,
    onRejected: (rejected) => rejects.add(rejected),
  })
  rejects.begin(() => rows.rawHeader)
  return rows
}

/** `crm` of `exports/crm.csv.gz`. */
export function stemOf(file: string): string {
  if (file === '-') return 'stdin'
  const stem = path
    .basename(file)
    .replace(/\.gz$/i, '')
    .replace(/\.(csv|tsv|txt)$/i, '')
  return stem === '' ? 'export' : stem
}

function keyOf(text: string): ColumnChoice['key'] {
  const key = parseKeyChoice(text)
  if (key !== undefined) return key
  throw new InvalidArgumentError('Give a column and what its ids are, as in customer_id=thirdPartyId.')
}

function columnsOf(text: string, earlier: readonly string[] = []): readonly string[] {
  const columns = splitColumnList(text)
  if (columns.length > 0) return [...earlier, ...columns]
  throw new InvalidArgumentError('Give names between commas, one that holds a comma in double quotes.')
}

function delimiterOf(text: string): string {
  const delimiter = text === 'tab' || text === '\\t' ? '\t' : text
  if (Array.from(delimiter).length === 1 && !/["\r\n]/.test(delimiter)) return delimiter
  throw new InvalidArgumentError('Give one character, or "tab"; no quote.')
}

function encodingOf(text: string): string {
  if (isEncoding(text)) return text
  throw new InvalidArgumentError('Give one as in utf-8, utf-16le, windows-1252 or iso-8859-15.')
}

function countOf(text: string): number {
  if (/^[1-9]\d{0,9}$/.test(text)) return Number(text)
  throw new InvalidArgumentError('Give a whole number from 1.')
}
