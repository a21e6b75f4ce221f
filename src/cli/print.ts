import type { Failure } from './errors.ts'
import type { Shell } from './shell.ts'

/** What can be shown in one line. */
export type Shown =
  string | number | boolean | readonly unknown[] | Readonly<Record<string, unknown>> | undefined

/** Headings, and what each shows of a row. */
export type Columns<Row> = Readonly<Record<string, (row: Row) => Shown>>

/**
 * Writes what a command has to say: with `--json` the one document, else text for people.
 *
 * Text has no colours, and no control characters of values that strangers gave: a terminal obeys those.
 */
export class Print {
  readonly #shell: Pick<Shell, 'stdout' | 'stderr'>
  readonly isJson: boolean

  constructor(shell: Pick<Shell, 'stdout' | 'stderr'>, isJson: boolean) {
    this.#shell = shell
    this.isJson = isJson
  }

  /** Rows under headings; `none` is said where there are no rows. */
  table<Row>(document: unknown, rows: readonly Row[], columns: Columns<Row>, none: string): void {
    this.#write(document, () => (rows.length === 0 ? `${none}\n` : tableText(rows, columns)))
  }

  /** Names and values, a line each; those that are undefined are left out. */
  fields(document: unknown, fields: Readonly<Record<string, Shown>>): void {
    this.#write(document, () => fieldsText(fields))
  }

  /** A sentence that says what was done. */
  done(document: unknown, sentence: string): void {
    this.#write(document, () => `${printable(sentence)}\n`)
  }

  /** A value alone, for `$(silhouette …)`. */
  value(document: unknown, value: string): void {
    this.done(document, value)
  }

  /** Something to know besides, on standard error; not under `--json`, where only the document counts. */
  note(text: string): void {
    if (!this.isJson) this.#shell.stderr.write(`${printable(text)}\n`)
  }

  failure({ exitCode, code, message, hint, ...facts }: Failure): void {
    const { stderr } = this.#shell
    if (message === '') return
    if (this.isJson) {
      stderr.write(`${json({ error: { code, message, hint, ...facts, exitCode } })}\n`)
      return
    }
    stderr.write(`silhouette: ${printable(message)}\n`)
    if (hint !== undefined) stderr.write(`${printable(hint)}\n`)
  }

  #write(document: unknown, text: () => string): void {
    this.#shell.stdout.write(this.isJson ? `${json(document)}\n` : text())
  }
}

function tableText<Row>(rows: readonly Row[], columns: Columns<Row>): string {
  const cells = [
    Object.keys(columns),
    ...rows.map((row) => Object.values(columns).map((show) => printable(show(row)))),
  ]
  return aligned(cells)
}

function fieldsText(fields: Readonly<Record<string, Shown>>): string {
  const shown = Object.entries(fields).filter(([, value]) => value !== undefined)
  return aligned(shown.map(([name, value]) => [`${printable(name)}:`, printable(value)]))
}

/** Pads every cell but the last of a row to the width of its column. */
function aligned(rows: readonly (readonly string[])[]): string {
  const widths: number[] = []
  for (const row of rows)
    for (const [column, cell] of row.entries()) widths[column] = Math.max(widths[column] ?? 0, widthOf(cell))
  return rows
    .map((row) => {
      const padded = row.map((cell, column) => cell + ' '.repeat((widths[column] ?? 0) - widthOf(cell)))
      return `${padded.join('  ').trimEnd()}\n`
    })
    .join('')
}

/** Drawn upon the character before. */
const combining = /\p{Mark}|\u200d/gu

/** Two columns of a terminal: East Asian characters and pictures. */
const wide = new RegExp(
  ['Script=Han', 'Script=Hangul', 'Script=Hiragana', 'Script=Katakana', 'Emoji_Presentation']
    .map((property) => `\\p{${property}}`)
    .concat('[\\u3000-\\u303f\\uff01-\\uff60]')
    .join('|'),
  'gu',
)

/** Columns that a text takes on a terminal, as far as they can be known. */
function widthOf(text: string): number {
  return text
    .replaceAll(combining, '')
    .replaceAll(wide, 'ww')
    .replaceAll(/[\uD800-\uDBFF]/g, '').length
}

/** A value as one line without control characters, nor those that turn the direction of writing. */
export function printable(value: Shown): string {
  if (value === undefined) return '-'
  const text = typeof value === 'object' ? JSON.stringify(value) : String(value)
  return text.replaceAll(/[\p{Cc}\u2028\u2029\u200e\u200f\u202a-\u202e\u2066-\u2069]/gu, escaped)
}

/** JSON as it stands may hold what a terminal obeys; escapes mean the same to a reader of JSON. */
function json(document: unknown): string {
  return JSON.stringify(document, undefined, 2).replaceAll(
    /[\u007f-\u009f\u2028\u2029\u200e\u200f\u202a-\u202e\u2066-\u2069]/g,
    escaped,
  )
}

function escaped(character: string): string {
  const short = { '\n': '\\n', '\r': '\\r', '\t': '\\t' }[character]
  return short ?? `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`
}
