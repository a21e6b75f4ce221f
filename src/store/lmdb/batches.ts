import type { Batch, RefusedRow } from '../../model/batch.ts'
import type { BatchChange, BatchClaim, BatchRecords, WholeBatches } from '../store.ts'
import { fromJson, getJson, textKey, toJson, type Environment } from './environment.ts'

/** A batch that is not complete, in the order of application of its client's. */
export interface Queued {
  readonly batchId: string
  readonly client: string
  readonly holder?: string | undefined
  readonly untilMs: number
}

/** What says where a batch is kept. */
type BatchPlace = Pick<Batch, 'client' | 'batchId' | 'acceptedAtMs'>

const lastClientKey = Buffer.from('last-client')

/** Digits enough for any time and line, so that keys sort by them. */
const numberDigits = 15

/**
 * Batches as JSON under `client NUL batch id`, those not complete in a queue beside it under
 * `client NUL time of acceptance NUL batch id`, refused rows under `client NUL batch id NUL line`.
 */
export class LmdbBatches implements BatchRecords, WholeBatches {
  readonly #environment: Environment

  constructor(environment: Environment) {
    this.#environment = environment
  }

  async accept(batch: Batch): Promise<void> {
    const { batches, queue, write } = this.#environment
    const queued: Queued = { batchId: batch.batchId, client: batch.client, untilMs: 0 }
    await write(() => {
      void batches.put(batchKey(batch), toJson(batch))
      void queue.put(queueKey(batch), toJson(queued))
    })
  }

  async get(client: string, batchId: string): Promise<Batch | undefined> {
    this.#environment.refresh()
    return this.#read({ client, batchId })
  }

  async head(client: string): Promise<Batch | undefined> {
    this.#environment.refresh()
    const range = { start: textKey(client, ''), end: textKey(client, '\xff'), limit: 1 }
    for (const { value } of this.#environment.queue.getRange(range))
      return this.#read(fromJson<Queued>(value))
    return undefined
  }

  async listIncomplete(limit: number): Promise<Batch[]> {
    this.#environment.refresh()
    const queued = Array.from(this.#environment.queue.getRange({ limit }), ({ value }) =>
      this.#read(fromJson<Queued>(value)),
    )
    return queued.filter((batch) => batch !== undefined)
  }

  async claim(options: { holder: string; nowMs: number; leaseMs: number }): Promise<BatchClaim | undefined> {
    const { meta, queue, refresh, write } = this.#environment
    const { holder, nowMs, leaseMs } = options
    refresh()
    // Looked at first without a transaction: mostly there is nothing to claim.
    if (this.#nextFree(nowMs) === undefined) return undefined
    return write(() => {
      const queued = this.#nextFree(nowMs)
      const batch = queued && this.#read(queued)
      if (batch === undefined) return undefined
      void queue.put(queueKey(batch), toJson({ ...queued, holder, untilMs: nowMs + leaseMs }))
      void meta.put(lastClientKey, Buffer.from(batch.client))
      return { batch, holder }
    })
  }

  async checkpoint(claim: BatchClaim, change: BatchChange): Promise<BatchClaim | undefined> {
    const { batches, queue, refused, write } = this.#environment
    return write(() => {
      const queued = this.#held(claim)
      const before = queued && this.#read(queued)
      if (before === undefined) return undefined
      const batch: Batch = {
        ...before,
        progress: change.progress,
        progressAtMs: change.problem === undefined ? change.nowMs : before.progressAtMs,
        problem: change.problem,
        completedAtMs: change.completed ? change.nowMs : undefined,
      }
      for (const row of change.refused) void refused.put(refusedKey(batch, row.line), toJson(row))
      void batches.put(batchKey(batch), toJson(batch))
      if (change.completed) void queue.remove(queueKey(batch))
      else void queue.put(queueKey(batch), toJson({ ...queued, untilMs: change.nowMs + change.leaseMs }))
      return { batch, holder: claim.holder }
    })
  }

  async release(claim: BatchClaim): Promise<void> {
    const { queue, write } = this.#environment
    await write(() => {
      const queued = this.#held(claim)
      if (queued) void queue.put(queueKey(claim.batch), toJson({ ...queued, holder: undefined, untilMs: 0 }))
    })
  }

  async listRefused(client: string, batchId: string): Promise<RefusedRow[]> {
    this.#environment.refresh()
    const range = { start: textKey(client, batchId, ''), end: textKey(client, batchId, '\xff') }
    return Array.from(this.#environment.refused.getRange(range), ({ value }) => fromJson<RefusedRow>(value))
  }

  async list(client: string, { limit, offset }: { limit: number; offset: number }) {
    const batches = this.#all(client).toSorted((a, b) => b.acceptedAtMs - a.acceptedAtMs)
    return { total: batches.length, batches: batches.slice(offset, offset + limit) }
  }

  async removeClient(client: string): Promise<string[]> {
    const gone = this.#all(client)
    await this.#environment.write(() => {
      for (const batch of gone) {
        void this.#environment.queue.remove(queueKey(batch))
        this.#forget(batch)
      }
    })
    return gone.map(({ batchId }) => batchId)
  }

  async removeOlder(options: { acceptedBeforeMs: number; limit: number }): Promise<string[]> {
    this.#environment.refresh()
    const old: Batch[] = []
    for (const { value } of this.#environment.batches.getRange({})) {
      const batch = fromJson<Batch>(value)
      if (batch.completedAtMs !== undefined && batch.acceptedAtMs < options.acceptedBeforeMs) old.push(batch)
      if (old.length >= options.limit) break
    }
    if (old.length > 0) await this.#environment.write(() => old.forEach((batch) => this.#forget(batch)))
    return old.map(({ batchId }) => batchId)
  }

  /** Puts a batch that another store had; it waits for its turn unless it is complete. */
  async put(batch: Batch): Promise<void> {
    const { batches, queue, write } = this.#environment
    const queued: Queued = { batchId: batch.batchId, client: batch.client, untilMs: 0 }
    await write(() => {
      void batches.put(batchKey(batch), toJson(batch))
      if (batch.completedAtMs === undefined) void queue.put(queueKey(batch), toJson(queued))
      else void queue.remove(queueKey(batch))
    })
  }

  async remove(batch: BatchPlace): Promise<void> {
    await this.#environment.write(() => {
      void this.#environment.queue.remove(queueKey(batch))
      this.#forget(batch)
    })
  }

  #all(client: string): Batch[] {
    this.#environment.refresh()
    const range = { start: textKey(client, ''), end: textKey(client, '\xff') }
    return Array.from(this.#environment.batches.getRange(range), ({ value }) => fromJson<Batch>(value))
  }

  #forget(batch: BatchPlace) {
    const { batches, refused } = this.#environment
    const range = { start: refusedKey(batch, ''), end: textKey(batch.client, batch.batchId, '\xff') }
    for (const key of Array.from(refused.getKeys(range))) void refused.remove(key)
    void batches.remove(batchKey(batch))
  }

  #read(batch: { readonly client: string; readonly batchId: string }): Batch | undefined {
    return getJson<Batch>(this.#environment.batches, batchKey(batch))
  }

  #held({ batch, holder }: BatchClaim): Queued | undefined {
    const queued = getJson<Queued>(this.#environment.queue, queueKey(batch))
    return queued?.holder === holder ? queued : undefined
  }

  /** The first batch of the client whose turn it is, of those that nobody holds. */
  #nextFree(nowMs: number): Queued | undefined {
    const lastClient = this.#environment.meta.get(lastClientKey)?.toString() ?? ''
    const free = this.#heads().filter(({ holder, untilMs }) => holder === undefined || untilMs <= nowMs)
    return free.find(({ client }) => client > lastClient) ?? free[0]
  }

  /** The first batch of each client, in the order of the clients' codes. */
  #heads(): Queued[] {
    const first: Queued[] = []
    for (const { value } of this.#environment.queue.getRange({})) {
      const queued = fromJson<Queued>(value)
      if (first.at(-1)?.client !== queued.client) first.push(queued)
    }
    return first
  }
}

/** Lists the batches of all clients. */
export function allBatches({ batches }: Environment): Batch[] {
  return Array.from(batches.getRange({}), ({ value }) => fromJson<Batch>(value))
}

/** Nobody else serves the directory any more, so whoever held a batch is gone. */
export function freeClaims({ root, queue }: Environment) {
  root.transactionSync(() => {
    for (const { key, value } of Array.from(queue.getRange({}))) {
      const { batchId, client } = fromJson<Queued>(value)
      void queue.put(key, toJson({ batchId, client, untilMs: 0 } satisfies Queued))
    }
  })
}

function batchKey({ client, batchId }: { readonly client: string; readonly batchId: string }): Buffer {
  return textKey(client, batchId)
}

function queueKey({ client, acceptedAtMs, batchId }: BatchPlace): Buffer {
  return textKey(client, String(acceptedAtMs).padStart(numberDigits, '0'), batchId)
}

function refusedKey({ client, batchId }: BatchPlace, line: number | ''): Buffer {
  return textKey(client, batchId, line === '' ? '' : String(line).padStart(numberDigits, '0'))
}
