import { noProgress, type Batch, type BatchProgress } from '../../model/batch.ts'
import { mapConcurrently } from '../../lib/pool.ts'
import type { BatchRecords, Page, PageOptions } from '../store.ts'
import { jsonOf, numberOf, numbersOf, stringOf } from './columns.ts'
import { concurrencyMax, type Row, type Session, type Statement } from './session.ts'
import { Ticks } from './ticks.ts'

/** How much earlier than an upload's acceptance others may have been accepted that show up later, ms. */
const lateMsMax = 3_600_000

/** A client without batches to apply is looked at again when one comes, and each so often anyhow, ms. */
const lookAgainAfterMs = 5_000

/** What is known of a client's batches in this region from the last look at them. */
interface Look {
  readonly touched: number
  readonly atMs: number
}

/** Where a batch stands among those of its client. */
interface Listed {
  readonly batchId: string
  readonly acceptedAtMs: number
  readonly region: string
  readonly completedAtMs: number | undefined
}

/**
 * Batches, and the lists in which those of a client are found: by month of acceptance, so that no
 * partition grows without end. What is complete stays in its list, marked; a worker begins to look
 * shortly before the first that is not, and so never passes over what was removed.
 *
 * A batch is applied by the region that accepted it.
 */
export class BatchList implements BatchRecords {
  readonly #session: Session
  readonly #region: string
  readonly #looks = new Map<string, Look>()
  readonly #ticks = new Ticks()

  constructor(session: Session) {
    this.#session = session
    this.#region = session.datacenter
  }

  async accept(batch: Batch): Promise<void> {
    const { client, batchId, acceptedAtMs } = batch
    const month = monthOf(acceptedAtMs)
    const { progress: _, ...facts } = batch
    await this.#session.write(
      [
        {
          query: 'INSERT INTO batches (batch_id, facts, progress_at) VALUES (?, ?, ?)',
          params: [batchId, JSON.stringify(facts), acceptedAtMs],
        },
        {
          query: `INSERT INTO batch_months (client, month, accepted_at, batch_id, region)
            VALUES (?, ?, ?, ?, ?)`,
          params: [client, month, acceptedAtMs, batchId, this.#region],
        },
        {
          query: 'UPDATE batch_spans SET months = months + ? WHERE client = ?',
          params: [new Set([month]), client],
        },
        {
          query: 'UPDATE batch_clients SET touched = ? WHERE region = ? AND client = ?',
          params: [this.#ticks.next(), this.#region, client],
        },
      ],
      { partitions: 'several' },
    )
  }

  async get(client: string, batchId: string): Promise<Batch | undefined> {
    const [row] = await this.#session.read('SELECT * FROM batches WHERE batch_id = ?', [batchId])
    const batch = row && (await this.#batchOf(row))
    return batch?.client === client ? batch : undefined
  }

  async head(client: string): Promise<Batch | undefined> {
    const [first] = await this.#incompleteOf(client, 1)
    return first && this.get(client, first.batchId)
  }

  async listIncomplete(limit: number): Promise<Batch[]> {
    const batches: Batch[] = []
    for (const client of await this.busyClients(Date.now())) {
      for (const { batchId } of await this.#incompleteOf(client, limit - batches.length)) {
        const batch = await this.get(client, batchId)
        if (batch) batches.push(batch)
      }
      if (batches.length >= limit) break
    }
    return batches
  }

  /** Clients that may have batches to apply in this region, by code. */
  async busyClients(nowMs: number): Promise<string[]> {
    const query = 'SELECT client, touched FROM batch_clients WHERE region = ?'
    const rows = await this.#session.readAll(query, [this.#region])
    return rows.flatMap((row) => {
      const client = String(row['client'])
      const look = this.#looks.get(client)
      const isIdle =
        look?.touched === (numberOf(row['touched']) ?? 0) && Math.abs(nowMs - look.atMs) < lookAgainAfterMs
      return isIdle ? [] : [client]
    })
  }

  /** The batch of a client that is to be applied; remembers when there is none. */
  async next(client: string, nowMs: number): Promise<Batch | undefined> {
    const [row] = await this.#session.read(
      'SELECT touched FROM batch_clients WHERE region = ? AND client = ?',
      [this.#region, client],
    )
    const batch = await this.head(client)
    if (batch) this.#looks.delete(client)
    else this.#looks.set(client, { touched: numberOf(row?.['touched']) ?? 0, atMs: nowMs })
    return batch
  }

  async complete(batch: Batch, progress: BatchProgress, nowMs: number): Promise<void> {
    const { batchId, client, acceptedAtMs } = batch
    await this.#session.write(
      [
        {
          query: `UPDATE batches SET progress = ?, progress_at = ?, completed_at = ?, problem = null
            WHERE batch_id = ?`,
          params: [JSON.stringify(progress), nowMs, nowMs, batchId],
        },
        {
          query: `UPDATE batch_months SET completed_at = ?
            WHERE client = ? AND month = ? AND accepted_at = ? AND batch_id = ?`,
          params: [nowMs, client, monthOf(acceptedAtMs), acceptedAtMs, batchId],
        },
      ],
      { partitions: 'several' },
    )
  }

  /** Notes that a batch goes on, or why it cannot. */
  async note(
    batchId: string,
    { nowMs, problem }: { nowMs: number | undefined; problem: string | undefined },
  ) {
    const statement =
      nowMs === undefined
        ? { query: 'UPDATE batches SET problem = ? WHERE batch_id = ?', params: [problem, batchId] }
        : {
            query: 'UPDATE batches SET progress_at = ?, problem = null WHERE batch_id = ?',
            params: [nowMs, batchId],
          }
    await this.#session.write([statement], { partitions: 'one' })
  }

  async list(
    client: string,
    { limit, offset }: { limit: number; offset: number },
  ): Promise<{ total: number; batches: Batch[] }> {
    const listed = (await this.#listed(client, 0)).toReversed()
    const batches: Batch[] = []
    for (const { batchId } of listed.slice(offset, offset + limit)) {
      const batch = await this.get(client, batchId)
      if (batch) batches.push(batch)
    }
    return { total: listed.length, batches }
  }

  /** Lists batches of all clients in the order of the table. */
  async listPage({ cursor, limit }: PageOptions): Promise<Page<Batch>> {
    const { rows, next } = await this.#session.readPage('SELECT * FROM batches', limit, cursor)
    const batches = await mapConcurrently(rows, concurrencyMax, (row) => this.#batchOf(row))
    return { items: batches.filter((batch) => batch !== undefined), cursor: next }
  }

  async removeClient(client: string): Promise<string[]> {
    const listed = await this.#listed(client, 0)
    for (const one of listed) await this.remove(client, one)
    await this.#write('DELETE FROM batch_spans WHERE client = ?', [client])
    await this.#write('DELETE FROM batch_clients WHERE region = ? AND client = ?', [this.#region, client])
    return listed.map(({ batchId }) => batchId)
  }

  async removeOlder(options: { acceptedBeforeMs: number; limit: number }): Promise<string[]> {
    const { acceptedBeforeMs, limit } = options
    const removed: string[] = []
    for (const row of await this.#session.readAll('SELECT client FROM batch_clients WHERE region = ?', [
      this.#region,
    ])) {
      const client = String(row['client'])
      for (const one of await this.#listed(client, 0, acceptedBeforeMs)) {
        if (removed.length >= limit) return removed
        if (one.completedAtMs === undefined || one.region !== this.#region) continue
        await this.remove(client, one)
        removed.push(one.batchId)
      }
    }
    return removed
  }

  async #incompleteOf(client: string, limit: number): Promise<Listed[]> {
    const query = 'SELECT done_before FROM batch_clients WHERE region = ? AND client = ?'
    const [row] = await this.#session.read(query, [this.#region, client])
    const doneBeforeMs = numberOf(row?.['done_before']) ?? 0
    const own = (await this.#listed(client, doneBeforeMs)).filter(({ region }) => region === this.#region)
    const incomplete = own.filter(({ completedAtMs }) => completedAtMs === undefined)
    const last = own.at(-1)
    const doneMs = (incomplete[0]?.acceptedAtMs ?? last?.acceptedAtMs ?? 0) - lateMsMax
    if (doneMs > doneBeforeMs + lateMsMax) await this.#noteDoneBefore(client, doneMs)
    return incomplete.slice(0, limit)
  }

  /** The moment is its own timestamp: the latest stays. */
  async #noteDoneBefore(client: string, doneMs: number) {
    await this.#write(
      'UPDATE batch_clients USING TIMESTAMP ? SET done_before = ? WHERE region = ? AND client = ?',
      [doneMs, doneMs, this.#region, client],
    )
  }

  /** Batches of a client accepted within bounds, in the order accepted. */
  async #listed(client: string, fromMs: number, beforeMs = Number.MAX_SAFE_INTEGER): Promise<Listed[]> {
    const [row] = await this.#session.read('SELECT months FROM batch_spans WHERE client = ?', [client])
    const months = numbersOf(row?.['months']).toSorted((a, b) => a - b)
    const listed: Listed[] = []
    for (const month of months) {
      if (month < monthOf(fromMs) || month > monthOf(Math.min(beforeMs, 8.64e15))) continue
      const query = `SELECT accepted_at, batch_id, region, completed_at FROM batch_months
        WHERE client = ? AND month = ? AND accepted_at >= ? AND accepted_at < ?`
      const rows = await this.#session.readAll(query, [client, month, fromMs, beforeMs])
      listed.push(...rows.map(listedOf))
    }
    return listed
  }

  /** Forgets one batch; its upload is the spool's. */
  async remove(client: string, { batchId, acceptedAtMs }: Pick<Listed, 'batchId' | 'acceptedAtMs'>) {
    const parts = await this.#session.readAll('SELECT part FROM parts WHERE batch_id = ?', [batchId])
    for (const row of parts) {
      await this.#write('DELETE FROM failed_rows WHERE batch_id = ? AND part = ?', [batchId, row['part']])
    }
    const statements: Statement[] = [
      { query: 'DELETE FROM parts WHERE batch_id = ?', params: [batchId] },
      { query: 'DELETE FROM batches WHERE batch_id = ?', params: [batchId] },
      {
        query: 'DELETE FROM batch_months WHERE client = ? AND month = ? AND accepted_at = ? AND batch_id = ?',
        params: [client, monthOf(acceptedAtMs), acceptedAtMs, batchId],
      },
    ]
    await this.#session.write(statements, { partitions: 'several' })
  }

  /** What a worker noted of a batch that was removed meanwhile is no batch. */
  async #batchOf(row: Row): Promise<Batch | undefined> {
    const batchId = String(row['batch_id'])
    const facts = jsonOf<Omit<Batch, 'progress'>>(row['facts'])
    if (facts === undefined) return undefined
    return {
      ...facts,
      progress: jsonOf<BatchProgress>(row['progress']) ?? sumOf(await readResults(this.#session, batchId)),
      progressAtMs: numberOf(row['progress_at']) ?? 0,
      completedAtMs: numberOf(row['completed_at']),
      problem: stringOf(row['problem']),
    }
  }

  async #write(query: string, params: readonly unknown[]): Promise<void> {
    await this.#session.write([{ query, params }], { partitions: 'one' })
  }
}

/** What is stored of a part: who has it until when, and what became of it. */
export interface PartState {
  readonly part: number
  readonly holder: string | undefined
  readonly untilMs: number
  readonly result: BatchProgress | undefined
}

/** Reads the parts of a batch that were ever claimed. */
export async function readResults(session: Session, batchId: string): Promise<PartState[]> {
  const query = 'SELECT part, holder, until_ms, result FROM parts WHERE batch_id = ?'
  const rows = await session.readAll(query, [batchId])
  return rows.map((row) => ({
    part: numberOf(row['part']) ?? 0,
    holder: stringOf(row['holder']),
    untilMs: numberOf(row['until_ms']) ?? 0,
    result: jsonOf<BatchProgress>(row['result']),
  }))
}

/** Adds up the results of parts. */
export function sumOf(parts: readonly PartState[]): BatchProgress {
  const sum = { ...noProgress }
  for (const { result } of parts) {
    if (result === undefined) continue
    sum.rowsApplied += result.rowsApplied
    sum.created += result.created
    sum.updated += result.updated
    sum.unchanged += result.unchanged
    sum.profilesNotFound += result.profilesNotFound
    sum.failedUpdates += result.failedUpdates
  }
  return sum
}

function listedOf(row: Row): Listed {
  return {
    batchId: String(row['batch_id']),
    acceptedAtMs: numberOf(row['accepted_at']) ?? 0,
    region: String(row['region']),
    completedAtMs: numberOf(row['completed_at']),
  }
}

function monthOf(ms: number): number {
  const date = new Date(ms)
  return date.getUTCFullYear() * 12 + date.getUTCMonth()
}
