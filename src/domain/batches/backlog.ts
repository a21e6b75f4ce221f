import { consumedCount, type Batch } from '../../model/batch.ts'
import type { DomainContext } from '../context.ts'
import { isHeldUp } from './status.ts'

/** Batches looked at in one reading; a longer backlog is told as this many. */
const batchesMax = 5_000

/** What is accepted and not yet complete. */
export interface Backlog {
  readonly batches: number
  /** Rows in no count yet. */
  readonly rows: number
  /** Those of the batches whose status is stuck. */
  readonly stuck: number
  /** Age of the batch accepted first, ms; 0 without one. */
  readonly oldestMs: number
}

/** Adds up the batches that are not complete. */
export async function readBacklog(context: DomainContext): Promise<Backlog> {
  const nowMs = context.clock.nowMs()
  const heads = new Map<string, Batch>()
  const sum = { batches: 0, rows: 0, stuck: 0, oldestMs: 0 }
  for (const batch of await context.store.batches.listIncomplete(batchesMax)) {
    const head = heads.get(batch.client) ?? batch
    heads.set(batch.client, head)
    sum.batches++
    sum.rows += batch.rows - consumedCount(batch.progress)
    if (isHeldUp(context, batch, head)) sum.stuck++
    sum.oldestMs = Math.max(sum.oldestMs, nowMs - batch.acceptedAtMs)
  }
  return sum
}
