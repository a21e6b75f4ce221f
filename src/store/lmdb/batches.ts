import type { Batch, RefusedRow } from '../../model/batch.ts'
import type { BatchStore } from '../store.ts'
import { getJson, textKey, toJsonBytes, type Environment } from './environment.ts'

/** A batch that is not complete, in the database `queue` under `client NUL time of acceptance NUL batch id`. */
interface Queued {
  readonly batchId: string
  readonly client: string
  readonly holder: string | undefined
  readonly untilMs: number
}

const lastClientKey = Buffer.from('last-client')

/** Digits enough for any time, so that keys sort by it. */
const timeDigits = 15

/** Batches as JSON under `client NUL batch id`, those not complete in a queue beside it. */
export function lmdbBatches(environment: Environment): BatchStore {
  const { batches, queue, refused, meta } = environment
  const read = (client: string, batchId: string) => getJson(batches, textKey(client, batchId)) as Batch | undefined
  const queueKey = (batch: Batch) =>
    textKey(batch.client, String(batch.acceptedAtMs).padStart(timeDigits, '0'), batch.batchId)
  const refusedKey = (batch: Batch, line: number | string) =>
    textKey(batch.client, batch.batchId, String(line).padStart(timeDigits, '0'))
  const held = (batch: Batch, holder: string) => {
    const queued = getJson(queue, queueKey(batch)) as Queued | undefined
    return queued?.holder === holder ? queued : undefined
  }
  /** The first batch of each client, in the order of the clients' codes. */
  const heads = () => {
    const first: Queued[] = []
    for (const { value } of queue.getRange({})) {
      const queued = JSON.parse(value.toString()) as Queued
      if (first.at(-1)?.client !== queued.client) first.push(queued)
    }
    return first
  }
  const nextFree = (nowMs: number) => {
    const free = heads().filter(({ holder, untilMs }) => holder === undefined || untilMs <= nowMs)
    const lastClient = meta.get(lastClientKey)?.toString() ?? ''
    return free.find(({ client }) => client > lastClient) ?? free[0]
  }
  return {
    accept: async (batch) => {
      const queued: Queued = { batchId: batch.batchId, client: batch.client, holder: undefined, untilMs: 0 }
      await environment.write(() => {
        void batches.put(textKey(batch.client, batch.batchId), toJsonBytes(batch))
        void queue.put(queueKey(batch), toJsonBytes(queued))
      })
    },
    get: async (client, batchId) => {
      environment.refresh()
      return read(client, batchId)
    },
    head: async (client) => {
      environment.refresh()
      const [first] = queue.getRange({ start: textKey(client, ''), end: textKey(client, '\xff'), limit: 1 })
      return first && read(client, (JSON.parse(first.value.toString()) as Queued).batchId)
    },
    claim: async ({ holder, nowMs, leaseMs }) => {
      environment.refresh()
      // Looked at first without a transaction: mostly there is nothing to claim.
      if (nextFree(nowMs) === undefined) return undefined
      return environment.write(() => {
        const queued = nextFree(nowMs)
        const batch = queued && read(queued.client, queued.batchId)
        if (queued === undefined || batch === undefined) return undefined
        void queue.put(queueKey(batch), toJsonBytes({ ...queued, holder, untilMs: nowMs + leaseMs }))
        void meta.put(lastClientKey, Buffer.from(queued.client))
        return { batch, holder }
      })
    },
    checkpoint: (claim, change) =>
      environment.write(() => {
        const queued = held(claim.batch, claim.holder)
        const before = queued && read(queued.client, queued.batchId)
        if (queued === undefined || before === undefined) return undefined
        const batch: Batch = {
          ...before,
          progress: change.progress,
          progressAtMs: change.problem === undefined ? change.nowMs : before.progressAtMs,
          problem: change.problem,
          completedAtMs: change.completed ? change.nowMs : undefined,
        }
        for (const row of change.refused) void refused.put(refusedKey(batch, row.line), toJsonBytes(row))
        void batches.put(textKey(batch.client, batch.batchId), toJsonBytes(batch))
        if (change.completed) void queue.remove(queueKey(batch))
        else void queue.put(queueKey(batch), toJsonBytes({ ...queued, untilMs: change.nowMs + change.leaseMs }))
        return { batch, holder: claim.holder }
      }),
    release: async (claim) => {
      await environment.write(() => {
        const queued = held(claim.batch, claim.holder)
        if (queued) void queue.put(queueKey(claim.batch), toJsonBytes({ ...queued, holder: undefined, untilMs: 0 }))
      })
    },
    listRefused: async (client, batchId) => {
      environment.refresh()
      const range = { start: textKey(client, batchId, ''), end: textKey(client, batchId, '\xff') }
      return Array.from(refused.getRange(range), ({ value }) => JSON.parse(value.toString()) as RefusedRow)
    },
    removeOlder: ({ acceptedBeforeMs, limit }) =>
      environment.write(() => {
        const removed: string[] = []
        for (const { key, value } of batches.getRange({})) {
          const batch = JSON.parse(value.toString()) as Batch
          if (batch.completedAtMs === undefined || batch.acceptedAtMs >= acceptedBeforeMs) continue
          removed.push(batch.batchId)
          void batches.remove(key)
          const rows = refused.getKeys({ start: refusedKey(batch, ''), end: textKey(batch.client, batch.batchId, '\xff') })
          for (const row of Array.from(rows)) void refused.remove(row)
          if (removed.length >= limit) break
        }
        return removed
      }),
  }
}
