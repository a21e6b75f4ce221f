import { Refusal } from '../../../src/lib/errors.ts'
import { UncertainWrite } from '../../../src/store/cassandra/failures.ts'
import {
  type CellSession,
  type Page,
  type Row,
  type Statement,
} from '../../../src/store/cassandra/session.ts'

/** Numbers between 0 and 1 that a seed gives. */
export type Random = () => number

export function randomOf(seed: number): Random {
  let state = (seed + 1) * 0x9e3779b9
  return () => {
    state = (state + 0x6d2b79f5) | 0
    let t = Math.imul(state ^ (state >>> 15), 1 | state)
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t
    return ((t ^ (t >>> 14)) >>> 0) / 4_294_967_296
  }
}

interface StoredCell {
  readonly timestamp: number
  /** Without a value it marks a removal. */
  readonly value: unknown
}

/** What one replica has: by partition and row the cells, and the time up to which the row is deleted. */
interface ReplicaRow {
  readonly cells: Map<string, StoredCell>
  endedAt: number
}
type Partition = Map<number, ReplicaRow>
type Replica = Map<string, Partition>

interface Change {
  readonly partition: string
  readonly life: number
  readonly timestamp: number
  readonly sets: readonly (readonly [cell: string, value: unknown])[]
  readonly ends: boolean
}

/** The row of what is kept of an id itself. */
const staticRow = -1

interface Chances {
  /** How likely nobody knows whether a linearizable write was done. */
  readonly uncertain?: number
  readonly isInstant?: boolean
}

/**
 * Three replicas of the table of profiles, as far as its statements go: cells with timestamps, deletions,
 * quorum reads and writes, linearizable writes. A step of anyone happens when the scheduler says so.
 */
export class FakeCluster {
  readonly #replicas: readonly Replica[] = [new Map(), new Map(), new Map()]
  /** What linearizable writes decided; replicas learn of it later. */
  readonly #decided = new Map<string, { value: unknown; timestamp: number; isLearned: boolean }>()
  readonly #waiting: { readonly node: number; readonly go: () => void }[] = []
  readonly #random: Random
  readonly #uncertain: number
  readonly #isInstant: boolean
  #ballot = 1_700_000_000_000_000

  /** Without a scheduler (`isInstant`) each step happens at once. */
  constructor(random: Random, { uncertain = 0, isInstant = false }: Chances) {
    this.#isInstant = isInstant
    this.#random = random
    this.#uncertain = uncertain
  }

  /** Runs steps in a random order until nobody waits for one; a node that stopped does no more. */
  async run(isStopped: (node: number) => boolean = () => false): Promise<void> {
    for (;;) {
      await new Promise((done) => setImmediate(done))
      if (this.#waiting.length === 0) return
      const [step] = this.#waiting.splice(Math.floor(this.#random() * this.#waiting.length), 1)
      if (step && !isStopped(step.node)) step.go()
    }
  }

  /** What one node of ours calls. */
  session(node: number): CellSession {
    const step = () => this.#step(node)
    const writePartition = async (statements: readonly Statement[]) => {
      await step()
      await this.#write(statements.map(changeOf), step)
    }
    return {
      read: async (query, params) => {
        await step()
        return this.#read(query, params ?? [])
      },
      readPartition: async ({ one }, partition) => {
        await step()
        return this.#read(one, partition)
      },
      writePartition: (_partition, statements) => writePartition(statements),
      readSerial: async (query, params) => {
        await step()
        await this.#learn(rowName(params), step)
        return this.#read(query, params)
      },
      readPage: async (_query, limit, cursor) => {
        await step()
        return this.#readPage(limit, Number(cursor ?? 0))
      },
      write: async (statements) => {
        await step()
        const changes = statements.map(changeOf)
        const names = [...new Set(changes.map(({ partition }) => partition))]
        // A batch of several partitions is carried out to its end once it was taken.
        const go = names.length > 1 ? () => this.#step(-1) : step
        await Promise.all(
          names.map((name) =>
            this.#write(
              changes.filter(({ partition }) => partition === name),
              go,
            ),
          ),
        )
      },
      writeIf: async (statements) => {
        await step()
        return this.#joinIf(statements[0]!, step)
      },
    }
  }

  #step(node: number): Promise<void> {
    return this.#isInstant ? Promise.resolve() : new Promise((go) => this.#waiting.push({ node, go }))
  }

  /** Goes to all replicas, one after the other as it happens; two of them are enough. */
  async #write(changes: readonly Change[], step: () => Promise<void>): Promise<void> {
    const left = [...this.#replicas].toSorted(() => this.#random() - 0.5)
    await Promise.all(left.slice(0, 2).map((replica) => step().then(() => apply(replica, changes))))
    // The third hears of it whatever becomes of the node that wrote.
    void this.#step(-1).then(() => apply(left[2]!, changes))
  }

  #read(query: string, params: readonly unknown[]): Row[] {
    const partition = params.slice(0, 3).join('\0')
    const [without] = [...this.#replicas.keys()].toSorted(() => this.#random() - 0.5)
    const read = this.#replicas.filter((_, index) => index !== without)
    const rows = new Map<number, ReplicaRow>()
    for (const replica of read) {
      for (const [life, row] of replica.get(partition) ?? []) merge(rowIn(rows, life), row)
    }
    // What was read is then on a quorum.
    for (const replica of read) {
      for (const [life, row] of rows) merge(rowIn(partitionIn(replica, partition), life), row)
    }
    const only = query.includes('AND life = ?') ? Number(params[3]) : undefined
    const lastLife = rows.get(staticRow)?.cells.get('last_life')?.value ?? null
    const found = [...rows]
      .filter(([life]) => life !== staticRow && (only === undefined || life === only))
      .toSorted(([a], [b]) => b - a)
      .map(([life, row]) => rowOf(life, row, lastLife))
      .filter((row) => row !== undefined)
    // Where there are no rows, what is kept of the id itself comes as one without a number.
    if (found.length === 0 && only === undefined && lastLife !== null) return [{ last_life: lastLife }]
    return found.slice(0, query.includes('LIMIT 4') ? 4 : undefined)
  }

  /** Partitions in the order in which they began; a row of what is kept of an id alone has no life. */
  #readPage(limit: number, from: number): Page {
    const names = [...new Set(this.#replicas.flatMap((replica) => [...replica.keys()]))].toSorted()
    const rows = names.slice(from, from + limit).flatMap((name) => {
      const [client, kind, id] = name.split('\0')
      return this.#read('', [client, kind, id]).map((row) => ({ ...row, client, kind: Number(kind), id }))
    })
    const next = from + limit
    return { rows, next: next < names.length ? String(next) : undefined }
  }

  async #joinIf({ params }: Statement, step: () => Promise<void>): Promise<boolean> {
    const [value, ...row] = params
    const name = rowName(row)
    const isNew = !this.#decided.has(name)
    if (isNew) this.#decided.set(name, { value, timestamp: this.#ballot++, isLearned: false })
    if (this.#random() < this.#uncertain) {
      if (this.#random() < 0.5) await this.#learn(name, step)
      throw new UncertainWrite('store_unavailable', 'nobody knows')
    }
    await this.#learn(name, step)
    return isNew
  }

  async #learn(name: string, step: () => Promise<void>): Promise<void> {
    const decided = this.#decided.get(name)
    if (decided === undefined) return
    const [partition, life] = splitName(name)
    const sets = [['joined', decided.value]] as const
    await this.#write(
      [{ partition, life: Number(life), timestamp: decided.timestamp, sets, ends: false }],
      step,
    )
  }
}

function rowName(row: readonly unknown[]): string {
  return row.join('\0')
}

function splitName(name: string): [string, string] {
  const at = name.lastIndexOf('\0')
  return [name.slice(0, at), name.slice(at + 1)]
}

function changeOf({ query, params }: Statement): Change {
  const keys = query.slice(query.indexOf('WHERE')).split('?').length - 1
  const values = params.slice(1, params.length - keys)
  const row = params.slice(params.length - keys)
  const sets: [string, unknown][] = []
  if (query.startsWith('UPDATE')) {
    const names = query.slice(query.indexOf('SET ') + 4, query.indexOf(' WHERE')).split(', ')
    for (const [index, text] of names.entries()) sets.push(...cellsOf(text, values[index]))
  }
  return {
    partition: row.slice(0, 3).join('\0'),
    life: keys === 4 ? Number(row[3]) : staticRow,
    timestamp: Number(params[0]),
    sets,
    ends: query.startsWith('DELETE'),
  }
}

/** `attributes = attributes + ?` and the like. */
function cellsOf(set: string, value: unknown): [string, unknown][] {
  const column = set.slice(0, set.indexOf(' '))
  if (value instanceof Map) return [...value].map(([key, entry]) => [`${column}.${String(key)}`, entry])
  if (value instanceof Set) return [...value].map((key) => [`${column}.${String(key)}`, undefined])
  return [[column, value]]
}

function apply(replica: Replica, changes: readonly Change[]) {
  for (const { partition, life, timestamp, sets, ends } of changes) {
    const row = rowIn(partitionIn(replica, partition), life)
    if (ends) row.endedAt = Math.max(row.endedAt, timestamp)
    for (const [name, value] of sets) put(row, name, { timestamp, value })
  }
}

function partitionIn(replica: Replica, name: string): Partition {
  const partition = replica.get(name) ?? new Map<number, ReplicaRow>()
  replica.set(name, partition)
  return partition
}

function rowIn(rows: Map<number, ReplicaRow>, life: number): ReplicaRow {
  const row = rows.get(life) ?? { cells: new Map(), endedAt: -1 }
  rows.set(life, row)
  return row
}

function merge(into: ReplicaRow, { cells, endedAt }: ReplicaRow) {
  into.endedAt = Math.max(into.endedAt, endedAt)
  for (const [name, cell] of cells) put(into, name, cell)
}

/** The later time wins, at equal ones a removal, then the larger bytes. */
function put({ cells }: ReplicaRow, name: string, cell: StoredCell) {
  const old = cells.get(name)
  if (old === undefined || cell.timestamp > old.timestamp) cells.set(name, cell)
  else if (cell.timestamp === old.timestamp && isLarger(cell.value, old.value)) cells.set(name, cell)
}

function isLarger(a: unknown, b: unknown): boolean {
  if (a === undefined || b === undefined) return a === undefined
  if (Buffer.isBuffer(a) && Buffer.isBuffer(b)) return a.compare(b) > 0
  return Number(a) > Number(b)
}

function rowOf(life: number, { cells, endedAt }: ReplicaRow, lastLife: unknown): Row | undefined {
  const values: Record<string, unknown> = { life, last_life: lastLife }
  let isThere = false
  for (const [name, { value, timestamp }] of cells) {
    if (value === undefined || timestamp <= endedAt) continue
    isThere = true
    const dot = name.indexOf('.')
    const column = dot === -1 ? name : name.slice(0, dot)
    const entries = values[column]
    if (dot === -1) values[column] = value
    else if (entries instanceof Map) entries.set(name.slice(dot + 1), value)
    else values[column] = new Map([[name.slice(dot + 1), value]])
  }
  return isThere ? values : undefined
}

/** What a stopped cluster throws is no fault of the protocol. */
export function isRefusal(error: unknown): boolean {
  return error instanceof Refusal
}
