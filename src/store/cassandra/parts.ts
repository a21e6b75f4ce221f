import type { Batch, BatchProgress } from '../../model/batch.ts'
import type { PartClaim, PartResult, PartStore, UploadPart } from '../store.ts'
import { readResults, sumOf, type BatchList } from './batches.ts'
import { UncertainWrite } from './failures.ts'
import { type Session, type Statement } from './session.ts'
import type { CassandraSpool } from './spool.ts'

interface Lease {
  readonly holder: string
  readonly nowMs: number
  readonly leaseMs: number
}

/**
 * Who applies which part of a batch until when, and what became of it: linearizable writes alone, so
 * that of two nodes one gets a part, and a result is stored once.
 */
export class Parts implements PartStore {
  readonly #session: Session
  readonly #batches: BatchList
  readonly #spool: CassandraSpool
  #lastClient = ''

  constructor(session: Session, batches: BatchList, spool: CassandraSpool) {
    this.#session = session
    this.#batches = batches
    this.#spool = spool
  }

  async claim(lease: Lease): Promise<PartClaim | undefined> {
    const clients = (await this.#batches.busyClients(lease.nowMs)).toSorted()
    const after = clients.filter((client) => client > this.#lastClient)
    const before = clients.filter((client) => client <= this.#lastClient)
    for (const client of [...after, ...before]) {
      const claim = await this.#claimOf(client, lease)
      if (claim === undefined) continue
      this.#lastClient = client
      return claim
    }
    return undefined
  }

  async renew(
    { batch, part, holder }: PartClaim,
    options: { nowMs: number; leaseMs: number },
  ): Promise<boolean> {
    return this.#change({
      query: 'UPDATE parts SET until_ms = ? WHERE batch_id = ? AND part = ? IF holder = ? AND result = null',
      params: [options.nowMs + options.leaseMs, batch.batchId, part, holder],
    })
  }

  async finish(claim: PartClaim, result: PartResult, nowMs: number): Promise<'part' | 'batch' | 'lost'> {
    const { batch, part, holder } = claim
    const { batchId } = batch
    if (result.failedRows.length > 0) {
      await this.#session.write([failedRowsStatement(batchId, part, result.failedRows)], {
        partitions: 'one',
      })
    }
    const isOurs = await this.#finishOnce(claim, JSON.stringify(result.progress), holder)
    if (!isOurs) return 'lost'
    await this.#batches.note(batchId, { nowMs, problem: undefined })
    return (await this.#completeIfDone(batch, nowMs)) ? 'batch' : 'part'
  }

  async release({ batch, part, holder }: PartClaim, problem?: string): Promise<void> {
    if (problem !== undefined) await this.#batches.note(batch.batchId, { nowMs: undefined, problem })
    // With a problem the lease runs out by itself, so that others are tried first.
    if (problem !== undefined) return
    await this.#change({
      query: 'UPDATE parts SET until_ms = 0 WHERE batch_id = ? AND part = ? IF holder = ? AND result = null',
      params: [batch.batchId, part, holder],
    })
  }

  /** Stores the result of a part that another store had applied. */
  async keep(batchId: string, part: number, { failedRows, progress }: PartResult): Promise<void> {
    await this.#session.write([failedRowsStatement(batchId, part, failedRows)], { partitions: 'one' })
    await this.#change({
      query: `INSERT INTO parts (batch_id, part, holder, until_ms, result) VALUES (?, ?, '', 0, ?)
        IF NOT EXISTS`,
      params: [batchId, part, JSON.stringify(progress)],
    })
  }

  async count(batchId: string): Promise<number> {
    const spooled = await this.#spool.count(batchId)
    // Of a complete batch the upload is gone; each of its parts has a result.
    return spooled > 0 ? spooled : (await readResults(this.#session, batchId)).length
  }

  read(batchId: string, part: number): Promise<UploadPart | undefined> {
    return this.#spool.read(batchId, part)
  }

  async readFailed(batchId: string, part: number): Promise<Uint8Array | undefined> {
    const query = 'SELECT result FROM parts WHERE batch_id = ? AND part = ?'
    const [state] = await this.#session.read(query, [batchId, part])
    if (typeof state?.['result'] !== 'string') return undefined
    const rowsQuery = 'SELECT rows FROM failed_rows WHERE batch_id = ? AND part = ?'
    const [row] = await this.#session.read(rowsQuery, [batchId, part])
    const rows: unknown = row?.['rows']
    return Buffer.isBuffer(rows) ? rows : Buffer.alloc(0)
  }

  async #claimOf(client: string, lease: Lease): Promise<PartClaim | undefined> {
    for (;;) {
      const batch = await this.#batches.next(client, lease.nowMs)
      if (batch === undefined) return undefined
      const count = await this.#spool.count(batch.batchId)
      if (count === 0) {
        // Complete in between, or of no use to anyone until its upload is there.
        if (await this.#completeIfDone(batch, lease.nowMs)) continue
        await this.#batches.note(batch.batchId, {
          nowMs: undefined,
          problem: 'the upload is not in the spool',
        })
        return undefined
      }
      const claim = await this.#claimPart(batch, count, lease)
      if (claim !== undefined) return claim
      if (!(await this.#completeIfDone(batch, lease.nowMs))) return undefined
    }
  }

  async #claimPart(batch: Batch, count: number, lease: Lease): Promise<PartClaim | undefined> {
    const { batchId } = batch
    const { holder, nowMs, leaseMs } = lease
    const states = new Map((await readResults(this.#session, batchId)).map((state) => [state.part, state]))
    for (let part = 0; part < count; part++) {
      const state = states.get(part)
      if (state?.result !== undefined) continue
      if (state !== undefined && state.untilMs > nowMs) continue
      const untilMs = nowMs + leaseMs
      const taken = await this.#change(
        state === undefined
          ? {
              query: 'INSERT INTO parts (batch_id, part, holder, until_ms) VALUES (?, ?, ?, ?) IF NOT EXISTS',
              params: [batchId, part, holder, untilMs],
            }
          : {
              query: `UPDATE parts SET holder = ?, until_ms = ? WHERE batch_id = ? AND part = ?
                IF holder = ? AND until_ms = ? AND result = null`,
              params: [holder, untilMs, batchId, part, state.holder, state.untilMs],
            },
      )
      if (taken) return { batch, part, holder }
    }
    return undefined
  }

  async #finishOnce({ batch, part }: PartClaim, result: string, holder: string): Promise<boolean> {
    try {
      return await this.#change({
        query: 'UPDATE parts SET result = ? WHERE batch_id = ? AND part = ? IF holder = ? AND result = null',
        params: [result, batch.batchId, part, holder],
      })
    } catch (error) {
      if (!(error instanceof UncertainWrite)) throw error
      const query = 'SELECT holder, result FROM parts WHERE batch_id = ? AND part = ?'
      const [row] = await this.#session.readSerial(query, [batch.batchId, part])
      if (row?.['holder'] === holder && row['result'] === result) return true
      throw error
    }
  }

  /** Completes a batch each of whose parts has a result; whoever sees it first does it. */
  async #completeIfDone(batch: Batch, nowMs: number): Promise<boolean> {
    const states = await readResults(this.#session, batch.batchId)
    const progress: BatchProgress = sumOf(states)
    if (progress.rowsApplied < batch.rows || states.length === 0) return false
    if (states.some(({ result }) => result === undefined)) return false
    await this.#batches.complete(batch, progress, nowMs)
    await this.#spool.remove(batch.batchId)
    return true
  }

  #change(statement: Statement): Promise<boolean> {
    return this.#session.writeIf([statement], 'region')
  }
}

function failedRowsStatement(batchId: string, part: number, rows: Uint8Array): Statement {
  return {
    query: 'INSERT INTO failed_rows (batch_id, part, rows) VALUES (?, ?, ?)',
    params: [batchId, part, Buffer.from(rows)],
  }
}
