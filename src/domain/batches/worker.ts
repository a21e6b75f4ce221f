import { Refusal } from '../../lib/errors.ts'
import { failedRowsName } from '../../model/batch.ts'
import type { BatchClaim, WholeBatches } from '../../store/store.ts'
import { clientOfBatchId } from './accept.ts'
import { applyBatch, leaseMs } from './apply.ts'
import type { DomainContext } from '../context.ts'
import { Sweeper } from '../profiles/lifetime.ts'
import { applyNextPart } from './parts.ts'
import { problemOf } from './problems.ts'

/** How often a worker looks for batches of which nobody told it, ms. */
const lookEveryMs = 500

/** How often complete batches and left-over uploads are looked through, ms. */
const tidyEveryMs = 60_000

/** Uploads without a batch that are older than this were left by a crash, ms. */
const leftOverAfterMs = 3_600_000

/** Batches forgotten in one step. */
const forgottenMax = 1_000

export interface WorkerOptions {
  /** Names this worker among all that claim batches. */
  readonly holder: string
  /** Ends the worker after the group of rows under way. */
  readonly signal: AbortSignal
  /** Told of each batch that could not go on. */
  readonly onProblem: (batchId: string, error: unknown) => void
  /** Told once that the store cannot be reached; the worker goes on when it can. */
  readonly onAway: (refusal: Refusal) => void
  /** Resolves when there may be something to do, after `lookEveryMs` at the latest. */
  readonly waitForWork: (atMostMs: number) => Promise<void>
}

/**
 * Applies batches, one after the other, until its signal ends it; with nothing to apply it gives back
 * the space of what has expired.
 */
export async function runWorker(context: DomainContext, options: WorkerOptions): Promise<void> {
  const sweeper = new Sweeper()
  let tidiedAtMs = 0
  let isAway = false
  while (!options.signal.aborted) {
    try {
      if (await applyNext(context, options)) {
        isAway = false
        continue
      }
      if (context.clock.nowMs() - tidiedAtMs >= tidyEveryMs) {
        tidiedAtMs = context.clock.nowMs()
        await tidySpool(context)
      }
      await sweeper.step(context)
      isAway = false
    } catch (error) {
      if (!(error instanceof Refusal)) throw error
      if (!isAway) options.onAway(error)
      isAway = true
    }
    await options.waitForWork(lookEveryMs)
  }
}

/**
 * Claims one batch and applies it.
 *
 * A batch that cannot go on keeps its claim until the lease ends, so that it is tried again a little
 * later while those of other clients go on.
 *
 * @returns false when there was nothing to claim
 */
export async function applyNext(
  context: DomainContext,
  options: Pick<WorkerOptions, 'holder' | 'signal' | 'onProblem'>,
): Promise<boolean> {
  const { holder, signal, onProblem } = options
  const { batches } = context.store
  if (batches.parts) return applyNextPart(context, batches.parts, options)
  const claim = await batches.claim({ holder, nowMs: context.clock.nowMs(), leaseMs })
  if (claim === undefined) return false
  try {
    await applyBatch(context, batches, { claim, signal })
  } catch (error) {
    onProblem(claim.batch.batchId, error)
    await noteProblem(context, batches, { claim, error })
  }
  if (signal.aborted) await batches.release(claim)
  return true
}

async function noteProblem(
  context: DomainContext,
  batches: WholeBatches,
  { claim, error }: { claim: BatchClaim; error: unknown },
) {
  const { batchId, client } = claim.batch
  const batch = await context.store.batches.get(client, batchId)
  if (batch === undefined) return
  await batches.checkpoint(claim, {
    progress: batch.progress,
    refused: [],
    completed: false,
    problem: problemOf(error),
    nowMs: context.clock.nowMs(),
    leaseMs,
  })
}

/** Forgets batches past their retention, and removes what a crash left in the spool. */
export async function tidySpool(context: DomainContext): Promise<void> {
  const { batches, spool } = context.store
  const nowMs = context.clock.nowMs()
  const acceptedBeforeMs = nowMs - context.settings.batchRetentionMs
  for (const batchId of await batches.removeOlder({ acceptedBeforeMs, limit: forgottenMax })) {
    await spool.remove(failedRowsName(batchId))
  }
  for (const name of await spool.list(nowMs - leftOverAfterMs)) {
    const batchId = name.replace(/\.failed$/, '')
    const batch = await batches.get(clientOfBatchId(batchId), batchId)
    const isNeeded = batch !== undefined && (name !== batchId || batch.completedAtMs === undefined)
    if (!isNeeded) await spool.remove(name)
  }
}
