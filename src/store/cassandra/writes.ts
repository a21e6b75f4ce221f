import type { VisitorId } from '../../model/visitor-id.ts'
import { endTimestamp, idOf, kindNumbers, partitionOf, textOf, type Cell, type Spot } from './cells.ts'
import type { CellSession, Statement } from './session.ts'

/** Bytes and partitions that one logged batch may have: Cassandra refuses those of 50 KiB. */
const batchBytesMax = 30_000
const batchPartitionsMax = 50

interface Row {
  readonly home: VisitorId
  /** Without one it is what is kept of the id itself. */
  readonly life?: number
}

interface Group {
  readonly spot: Row
  readonly timestamp: number
  readonly sets: Map<string, unknown>
}

/**
 * Cells to write, each with its own timestamp; those of one row and timestamp become one statement.
 *
 * What is written is the same however often it is written.
 */
export class CellWrites {
  readonly #groups = new Map<string, Group>()
  readonly #ends: Row[] = []
  #bytes = 0

  get isEmpty(): boolean {
    return this.#groups.size === 0 && this.#ends.length === 0
  }

  attribute(spot: Spot, name: string, { timestamp, bytes }: Cell) {
    this.#bytes += name.length + bytes.length
    this.#entry(this.#group(spot, timestamp, 'set'), 'attributes = attributes + ?', name, bytes)
  }

  /** Forgets an attribute as it was read. */
  dropAttribute(spot: Spot, name: string, { timestamp }: Cell) {
    this.#member(this.#group(spot, timestamp, 'drop'), 'attributes = attributes - ?', name)
  }

  id(spot: Spot, id: string, at: number) {
    this.#bytes += id.length
    this.#entry(this.#group(spot, at, 'set'), 'ids = ids + ?', id, at)
  }

  dropId(spot: Spot, id: string, at: number) {
    this.#member(this.#group(spot, at, 'drop'), 'ids = ids - ?', id)
  }

  lifetime(spot: Spot, { timestamp, bytes }: Cell) {
    this.#group(spot, timestamp, 'set').sets.set('lifetime = ?', bytes)
  }

  born(spot: Spot, bornAtMs: number, timestamp: number) {
    this.#group(spot, timestamp, 'set').sets.set('born = ?', bornAtMs)
  }

  /** Ends a profile, with all that was and will be written to it. */
  end({ home, life }: Spot) {
    this.#ends.push({ home, life })
    // The number is its own time: the greatest one stays.
    this.#group({ home }, life, 'set').sets.set('last_life = ?', life)
  }

  /**
   * Writes one partition after the other, in the order in which they were named: whatever stops between
   * them, what comes next finishes it. `whole` writes all or nothing in the end, unless that is too much
   * for one step; it takes twice the work, and waits for nodes that hang.
   */
  async execute(session: CellSession, client: string, { whole = false } = {}): Promise<void> {
    const partitions = new Map<string, Statement[]>()
    const add = (home: VisitorId, statement: Statement) => {
      const statements = partitions.get(textOf(home)) ?? []
      partitions.set(textOf(home), statements)
      statements.push(statement)
    }
    const rowOf = ({ home, life }: Row) => [
      client,
      kindNumbers[home.kind],
      home.id,
      ...(life === undefined ? [] : [life]),
    ]
    for (const { spot, timestamp, sets } of this.#groups.values()) {
      const query = `UPDATE profiles USING TIMESTAMP ? SET ${[...sets.keys()].join(', ')} ${whereOf(spot)}`
      add(spot.home, { query, params: [timestamp, ...sets.values(), ...rowOf(spot)] })
    }
    for (const spot of this.#ends) {
      const query = `DELETE FROM profiles USING TIMESTAMP ? ${whereOf(spot)}`
      add(spot.home, { query, params: [endTimestamp, ...rowOf(spot)] })
    }
    if (whole && this.#bytes <= batchBytesMax && partitions.size <= batchPartitionsMax) {
      await session.write([...partitions.values()].flat(), { partitions: 'several' })
      return
    }
    for (const [text, statements] of partitions)
      await session.writePartition(partitionOf(client, idOf(text)), statements)
  }

  #entry({ sets }: Group, set: string, key: string, value: unknown) {
    const entries = sets.get(set)
    if (entries instanceof Map) entries.set(key, value)
    else sets.set(set, new Map([[key, value]]))
  }

  #member({ sets }: Group, set: string, key: string) {
    const members = sets.get(set)
    if (members instanceof Set) members.add(key)
    else sets.set(set, new Set([key]))
  }

  #group(spot: Row, timestamp: number, kind: 'set' | 'drop'): Group {
    const key = `${textOf(spot.home)}\0${spot.life ?? ''}\0${timestamp}\0${kind}`
    let group = this.#groups.get(key)
    if (group === undefined) this.#groups.set(key, (group = { spot, timestamp, sets: new Map() }))
    return group
  }
}

function whereOf({ life }: Row): string {
  return `WHERE client = ? AND kind = ? AND id = ?${life === undefined ? '' : ' AND life = ?'}`
}
