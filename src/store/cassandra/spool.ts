import { mapConcurrently } from '../../lib/pool.ts'
import { dayMs } from '../../model/limits.ts'
import type { Spool, SpoolReader, SpoolWriter, UploadPart } from '../store.ts'
import { numberOf } from './columns.ts'
import { PartCutter } from './part-cutter.ts'
import type { Session } from './session.ts'

/** How far back uploads are looked for that a crash left, days. */
const lookedThroughDays = 35

/** Parts that are read or removed at a time. */
const partsAtOnce = 8

/**
 * Uploads in parts of whole lines, a partition each, so that nodes can share the work. What is there
 * of an upload counts only once its entry says how many parts it has.
 */
export class CassandraSpool implements Spool {
  readonly #session: Session

  constructor(session: Session) {
    this.#session = session
  }

  async create(name: string): Promise<SpoolWriter> {
    const nowMs = Date.now()
    const day = Math.floor(nowMs / dayMs)
    await this.#write('INSERT INTO spool_days (day, name) VALUES (?, ?)', [day, name])
    await this.#write('INSERT INTO spool (name, day, touched_at) VALUES (?, ?, ?)', [name, day, nowMs])
    const cutter = new PartCutter()
    let bytesTaken = 0
    let parts = 0
    const put = async ({ bytes, firstLine, isRest }: UploadPart) => {
      const query = 'INSERT INTO spool_parts (name, part, bytes, first_line, is_rest) VALUES (?, ?, ?, ?, ?)'
      await this.#write(query, [name, parts++, bytes, firstLine, isRest])
      await this.#write('UPDATE spool SET touched_at = ? WHERE name = ?', [Date.now(), name])
    }
    return {
      write: async (bytes) => {
        bytesTaken += bytes.length
        for (const part of cutter.push(bytes)) await put(part)
      },
      close: async () => {
        for (const part of cutter.end()) await put(part)
        await this.#write('UPDATE spool SET bytes = ?, parts = ? WHERE name = ?', [bytesTaken, parts, name])
      },
      discard: () => this.remove(name),
    }
  }

  /** Takes the whole entry into memory: for copies. Batches are applied part by part. */
  async open(name: string): Promise<SpoolReader | undefined> {
    const count = await this.count(name)
    if (count === 0) return undefined
    const numbers = Array.from({ length: count }, (_, part) => part)
    const parts = await mapConcurrently(numbers, partsAtOnce, (part) => this.read(name, part))
    const all = Buffer.concat(parts.map((part) => part?.bytes ?? Buffer.alloc(0)))
    return {
      size: all.length,
      read: (target, length, position) => all.copy(target, 0, position, position + length),
      close: () => {},
    }
  }

  /** How many parts an entry has; 0 when it is not there, or not whole. */
  async count(name: string): Promise<number> {
    const [row] = await this.#session.read('SELECT parts FROM spool WHERE name = ?', [name])
    return numberOf(row?.['parts']) ?? 0
  }

  async read(name: string, part: number): Promise<UploadPart | undefined> {
    const query = 'SELECT bytes, first_line, is_rest FROM spool_parts WHERE name = ? AND part = ?'
    const [row] = await this.#session.read(query, [name, part])
    const bytes: unknown = row?.['bytes']
    if (row === undefined || !Buffer.isBuffer(bytes)) return undefined
    return { bytes, firstLine: Number(row['first_line']), isRest: row['is_rest'] === true }
  }

  async remove(name: string): Promise<void> {
    const [row] = await this.#session.read('SELECT day, parts FROM spool WHERE name = ?', [name])
    if (row === undefined) return
    // Of an entry that is not whole the number of parts is unknown: they are there up to the last.
    const parts = numberOf(row['parts']) ?? Infinity
    for (let part = 0; part < parts; part++) {
      if (parts === Infinity && (await this.read(name, part)) === undefined) break
      await this.#write('DELETE FROM spool_parts WHERE name = ? AND part = ?', [name, part])
    }
    await this.#write('DELETE FROM spool_days WHERE day = ? AND name = ?', [numberOf(row['day']), name])
    await this.#write('DELETE FROM spool WHERE name = ?', [name])
  }

  /** Also names what a crash left unfinished, once nobody has written to it since that moment. */
  async list(createdBeforeMs: number): Promise<string[]> {
    const today = Math.floor(createdBeforeMs / dayMs)
    const days = Array.from({ length: lookedThroughDays }, (_, back) => today - back)
    const lists = await mapConcurrently(days, partsAtOnce, (day) =>
      this.#session.readAll('SELECT name FROM spool_days WHERE day = ?', [day]),
    )
    const names = lists.flat().map((row) => String(row['name']))
    const touched = await mapConcurrently(names, partsAtOnce, async (name) => {
      const [row] = await this.#session.read('SELECT touched_at FROM spool WHERE name = ?', [name])
      return numberOf(row?.['touched_at']) ?? 0
    })
    return names.filter((_, index) => touched[index]! < createdBeforeMs)
  }

  async #write(query: string, params: readonly unknown[]): Promise<void> {
    await this.#session.write([{ query, params }], { partitions: 'one' })
  }
}
