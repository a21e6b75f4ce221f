import { closeSync, openSync, writeSync } from 'node:fs'
import { countText } from './progress.ts'
import type { Rejected } from './csv-rows.ts'

/** Records told of one by one; of the others, how many they are. */
const toldMax = 10

/** Records listed under `--json`. */
const listedMax = 100

/**
 * Keeps the records of a CSV file that became no rows: in a file of their own, with the header and in
 * their own bytes, so that they can be mended and sent.
 *
 * The file is made by the first such record and replaces one of an earlier run.
 */
export class Rejects {
  readonly #path: string | undefined
  #file: number | undefined
  #header: () => Buffer = () => Buffer.alloc(0)
  readonly #listed: { line: number; fault: string }[] = []
  #count = 0

  /** @param path undefined keeps none, and counts only */
  constructor(path: string | undefined) {
    this.#path = path
  }

  get count(): number {
    return this.#count
  }

  /** Begins anew, for another reading of the same file. */
  begin(header: () => Buffer): void {
    this.close()
    this.#header = header
    this.#listed.length = 0
    this.#count = 0
  }

  add({ line, fault, raw }: Rejected): void {
    this.#count++
    if (this.#listed.length < listedMax) this.#listed.push({ line, fault })
    if (this.#path === undefined) return
    this.#file ??= this.#open(this.#path)
    this.#write(raw)
  }

  close(): void {
    if (this.#file !== undefined) closeSync(this.#file)
    this.#file = undefined
  }

  /** For `--json`. */
  get document() {
    const rejectsFile = this.#count > 0 ? this.#path : undefined
    return { rejectedRows: this.#count, rejectsFile, rejected: this.#listed }
  }

  /** For people: the first ones with line and reason. */
  get lines(): readonly string[] {
    const told = this.#listed.slice(0, toldMax).map(({ line, fault }) => `Line ${line}: ${fault}.`)
    const more = this.#count - told.length
    return more > 0 ? [...told, `… and ${countText(more)} more.`] : told
  }

  /** In one sentence. */
  get sentence(): string {
    const where = this.#path === undefined ? 'are left out' : `are left out and kept in ${this.#path}`
    return `${countText(this.#count)} of the file's records ${where}.`
  }

  #open(path: string): number {
    // Only who made it may read it: it holds what the export holds.
    const file = openSync(path, 'w', 0o600)
    this.#file = file
    this.#write(this.#header())
    return file
  }

  /** A last line of the file may lack its end. */
  #write(bytes: Buffer) {
    if (this.#file === undefined) return
    writeSync(this.#file, bytes)
    if (bytes.at(-1) !== 0x0a) writeSync(this.#file, '\n')
  }
}
