import { createWriteStream } from 'node:fs'
import { once } from 'node:events'

/** Rows of a batch: ids from `first` to `first + rows - 1` times `stride`, five cells each. */
export interface Facts {
  readonly rows: number
  readonly order: 'random' | 'key'
  /** Distance of ids: more than 1 spreads them over a larger store. */
  readonly stride?: number
  readonly first?: number
  /** Changes the values, so that a second batch is no repetition. */
  readonly turn?: number
}

/** A prime that shares no factor with any number of rows here. */
const shuffleBy = 7_919

export function idOf(number: number): string {
  return `customer-${String(number).padStart(9, '0')}`
}

function* rowsOf({ rows, order, stride = 1, first = 0, turn = 0 }: Facts) {
  for (let i = 0; i < rows; i++) {
    const place = order === 'key' ? i : (i * shuffleBy) % rows
    const n = first + place * stride
    yield [
      idOf(n),
      'gold',
      String((n + turn) % 900),
      `${n * 3}.50`,
      `seg ${n % 7}`,
      `2026-11-0${(n % 9) + 1}`,
    ]
  }
}

const names = ['tier', 'store', 'value', 'segment', 'last']

/** Every so many of a batch's ids, to compare what two services hold. */
export function sampleIds({ rows, stride = 1, first = 0 }: Facts, count: number): string[] {
  return Array.from({ length: count }, (_unused, i) => idOf(first + Math.floor((i * rows) / count) * stride))
}

/** Writes the facts as a batch file. */
export function writeBatch(file: string, facts: Facts): Promise<void> {
  return writeLines(file, function* lines() {
    yield `batch=thirdPartyId,${names.join(',')}\n`
    for (const cells of rowsOf(facts)) yield `${cells.map(encodeURIComponent).join(',')}\n`
  })
}

/** Writes the facts as commands for `redis-cli --pipe`: a hash and its expiry for each row. */
export function writeRedisCommands(file: string, facts: Facts): Promise<void> {
  const command = (words: readonly string[]) =>
    `*${words.length}\r\n${words.map((word) => `$${Buffer.byteLength(word)}\r\n${word}\r\n`).join('')}`
  return writeLines(file, function* lines() {
    for (const [id = '', ...cells] of rowsOf(facts)) {
      const key = `p:${id}`
      yield command(['HSET', key, ...cells.flatMap((cell, i) => [names[i] ?? '', cell])])
      yield command(['PEXPIRE', key, '1209600000'])
    }
  })
}

async function writeLines(file: string, lines: () => Iterable<string>): Promise<void> {
  const out = createWriteStream(file)
  let chunk = ''
  for (const line of lines()) {
    chunk += line
    if (chunk.length < 1_048_576) continue
    if (!out.write(chunk)) await once(out, 'drain')
    chunk = ''
  }
  out.end(chunk)
  await once(out, 'finish')
}
