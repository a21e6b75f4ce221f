import type { Batch, RefusedRow } from '../../model/batch.ts'
import type { BatchClaim, BatchRecords, WholeBatches } from '../store.ts'

/** A batch, and who applies it until when. */
interface Entry {
  batch: Batch
  holder: string | undefined
  untilMs: number
  readonly refused: Map<number, RefusedRow>
}

function isIncomplete({ completedAtMs }: Batch): boolean {
  return completedAtMs === undefined
}

/** Batches by id. Insertion order is the order of acceptance. */
export type Entries = Map<string, Entry>

export function memoryBatches(entries: Entries): BatchRecords & WholeBatches {
  let lastClient = ''
  const entryOf = (claim: BatchClaim) => {
    const entry = entries.get(claim.batch.batchId)
    return entry?.holder === claim.holder ? entry : undefined
  }
  const listAll = () => Array.from(entries.values(), ({ batch }) => batch)
  const heads = () => {
    const first = new Map<string, Entry>()
    for (const entry of entries.values()) {
      const { client, completedAtMs } = entry.batch
      if (completedAtMs === undefined && !first.has(client)) first.set(client, entry)
    }
    return first
  }
  return {
    accept: async (batch) => {
      entries.set(batch.batchId, { batch, holder: undefined, untilMs: 0, refused: new Map() })
    },
    get: async (client, batchId) => {
      const batch = entries.get(batchId)?.batch
      return batch?.client === client ? batch : undefined
    },
    head: async (client) => heads().get(client)?.batch,
    listIncomplete: async (limit) => listAll().filter(isIncomplete).slice(0, limit),
    claim: async ({ holder, nowMs, leaseMs }) => {
      const free = [...heads()]
        .filter(([, entry]) => entry.holder === undefined || entry.untilMs <= nowMs)
        .toSorted(([a], [b]) => (a < b ? -1 : 1))
      const [client, entry] = free.find(([code]) => code > lastClient) ?? free[0] ?? []
      if (client === undefined || entry === undefined) return undefined
      lastClient = client
      entry.holder = holder
      entry.untilMs = nowMs + leaseMs
      return { batch: entry.batch, holder }
    },
    checkpoint: async (claim, change) => {
      const entry = entryOf(claim)
      if (entry === undefined) return undefined
      for (const row of change.refused) entry.refused.set(row.line, row)
      entry.batch = {
        ...entry.batch,
        progress: change.progress,
        progressAtMs: change.problem === undefined ? change.nowMs : entry.batch.progressAtMs,
        problem: change.problem,
        completedAtMs: change.completed ? change.nowMs : undefined,
      }
      entry.untilMs = change.nowMs + change.leaseMs
      if (change.completed) entry.holder = undefined
      return { batch: entry.batch, holder: claim.holder }
    },
    release: async (claim) => {
      const entry = entryOf(claim)
      if (entry) entry.holder = undefined
    },
    listRefused: async (client, batchId) => {
      const entry = entries.get(batchId)
      if (entry?.batch.client !== client) return []
      return [...entry.refused.values()].toSorted((a, b) => a.line - b.line)
    },
    ...history(entries),
  }
}

/** What is done with batches after their end. */
function history(entries: Entries): Pick<BatchRecords, 'list' | 'removeClient' | 'removeOlder'> {
  return {
    list: async (client, { limit, offset }) => {
      const batches = [...entries.values()]
        .map(({ batch }) => batch)
        .filter((batch) => batch.client === client)
      return { total: batches.length, batches: batches.toReversed().slice(offset, offset + limit) }
    },
    removeClient: async (client) => {
      const gone = [...entries.values()].filter(({ batch }) => batch.client === client)
      for (const { batch } of gone) entries.delete(batch.batchId)
      return gone.map(({ batch }) => batch.batchId)
    },
    removeOlder: async ({ acceptedBeforeMs, limit }) => {
      const old = [...entries.values()]
        .map(({ batch }) => batch)
        .filter((batch) => batch.completedAtMs !== undefined && batch.acceptedAtMs < acceptedBeforeMs)
        .slice(0, limit)
      for (const { batchId } of old) entries.delete(batchId)
      return old.map(({ batchId }) => batchId)
    },
  }
}
