import type { Batch } from '../../model/batch.ts'
import type { Client } from '../clients/directory.ts'
import type { DomainContext } from '../context.ts'

/**
 * - `incomplete` from acceptance until every row is in a count.
 * - `stuck` instead, while nothing of it can be done: its upload or the store cannot be read, or the
 *   batch at the head of its client's queue has made no progress for `batchStuckMs`. It leaves this
 *   state by itself.
 * - `complete` at the end; nothing changes after it.
 */
export type BatchStatus = 'incomplete' | 'stuck' | 'complete'

/** Reads a batch and its status; `undefined` for an unknown batch and for one of another client. */
export async function readBatch(
  context: DomainContext,
  client: Client,
  batchId: string,
): Promise<{ batch: Batch; status: BatchStatus } | undefined> {
  const batch = await context.store.batches.get(client.code, batchId)
  if (batch === undefined) return undefined
  if (batch.completedAtMs !== undefined) return { batch, status: 'complete' }
  const head = (await context.store.batches.head(client.code)) ?? batch
  return { batch, status: isHeldUp(context, batch, head) ? 'stuck' : 'incomplete' }
}

/**
 * Tells whether an incomplete batch is stuck: one that waits its turn is held up by the one at the
 * head of its client's queue, not by itself.
 */
export function isHeldUp({ clock, settings }: DomainContext, batch: Batch, head: Batch): boolean {
  if (head.problem !== undefined) return true
  return clock.nowMs() - Math.max(head.progressAtMs, batch.acceptedAtMs) >= settings.batchStuckMs
}
