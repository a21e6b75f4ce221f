import { createHash } from 'node:crypto'
import { closeSync, openSync, writeSync } from 'node:fs'
import { seededRandom } from './numbers.ts'

/** One visitor's facts, decoded. */
export interface Row {
  readonly id: string
  readonly values: readonly string[]
}

export const names = ['plan', 'ltv', 'lastSeen', 'interest', 'city'] as const

const plans = ['free', 'basic', 'silver', 'gold']
const interests = ['shoes & bags', 'garden', 'mountain bikes', 'books']
const cities = ['Zürich', 'New York', 'Paris', 'Hamburg', 'São Paulo']

/**
 * Makes a row from its number alone: the same in each run.
 *
 * Ids are spread over their whole range, as those of real customers are; one cell in about three has
 * something percent-encoded.
 */
export function makeRow(index: number): Row {
  const id = `u${(Math.imul(index + 1, 0x9e3779b1) >>> 0).toString(16).padStart(8, '0')}`
  const hour = String(index % 24).padStart(2, '0')
  const day = String((index % 28) + 1).padStart(2, '0')
  const values = [
    plans[index % plans.length]!,
    ((Math.imul(index, 7919) >>> 0) / 100).toFixed(2),
    `2026-10-${day}T${hour}:15`,
    interests[index % interests.length]!,
    cities[index % cities.length]!,
  ]
  return { id, values }
}

/** Numbers of the rows in the order in which a file has them: shuffled, or by id. */
export function orderRows(rows: number, order: 'shuffled' | 'by key'): Uint32Array {
  const numbers = Uint32Array.from({ length: rows }, (_, index) => index)
  if (order === 'by key') return numbers.sort((a, b) => (makeRow(a).id < makeRow(b).id ? -1 : 1))
  const random = seededRandom(20_26)
  for (let i = rows - 1; i > 0; i--) {
    const other = Math.floor(random() * (i + 1))
    const kept = numbers[i]!
    numbers[i] = numbers[other]!
    numbers[other] = kept
  }
  return numbers
}

/** Writes the rows as an upload. With `padTo`, the last cell grows until the file has so many bytes. */
export function writeUpload(file: string, order: Uint32Array, padTo = 0) {
  const head = `batch=thirdPartyId,${names.join(',')}\n`
  let room = padTo - head.length
  const line = (index: number, at: number) => {
    const { id, values } = makeRow(index)
    const text = `${id},${values.map(encodeURIComponent).join(',')}`
    if (padTo === 0) return `${text}\n`
    const share = Math.floor(room / (order.length - at))
    const padded = text.padEnd(share - 1, 'x')
    room -= padded.length + 1
    return `${padded}\n`
  }
  writePieces(file, head, (at) => (at < order.length ? line(order[at]!, at) : undefined))
}

/** Writes the same facts for Redis: for each row a hash, and that it expires. */
export function writeRedisCommands(file: string, order: Uint32Array, lifetimeMs: number) {
  writePieces(file, '', (at) => {
    if (at >= order.length) return undefined
    const { id, values } = makeRow(order[at]!)
    const set = names.flatMap((name, column) => [name, values[column]!])
    return command('HSET', id, ...set) + command('PEXPIRE', id, String(lifetimeMs))
  })
}

function command(...words: readonly string[]): string {
  return `*${words.length}\r\n${words.map((word) => `$${Buffer.byteLength(word)}\r\n${word}\r\n`).join('')}`
}

function writePieces(file: string, head: string, next: (at: number) => string | undefined) {
  const descriptor = openSync(file, 'w')
  let text = head
  for (let at = 0; ; at++) {
    const piece = next(at)
    text += piece ?? ''
    if (piece !== undefined && text.length < 1_048_576) continue
    writeSync(descriptor, text)
    text = ''
    if (piece === undefined) break
  }
  closeSync(descriptor)
}

/** Numbers of the rows that both sides are asked for, spread over all. */
export function sampleRows(rows: number, sampled: number): number[] {
  const random = seededRandom(7)
  return Array.from({ length: Math.min(rows, sampled) }, () => Math.floor(random() * rows))
}

/** One hash of facts, whoever tells them: equal hashes mean equal ids, names and values. */
export function hashFacts(facts: readonly (readonly [id: string, Readonly<Record<string, string>>])[]): string {
  const hash = createHash('sha256')
  for (const [id, attributes] of facts) {
    hash.update(JSON.stringify([id, Object.entries(attributes).toSorted(([a], [b]) => (a < b ? -1 : 1))]))
  }
  return hash.digest('hex').slice(0, 16)
}

/** The facts as the rows have them. */
export function expectedFacts(sample: readonly number[]): [string, Record<string, string>][] {
  return sample.map((index) => {
    const { id, values } = makeRow(index)
    return [id, Object.fromEntries(names.map((name, column) => [name, values[column]!]))]
  })
}
