import type { BatchStatus } from '#client'
import type { OnlineCall } from '../command.ts'
import { Refused } from '../errors.ts'
import type { Display } from './display.ts'
import type { Part } from './parts.ts'
import { countText, rowUnit } from './progress.ts'
import type { Rejects } from './rejects.ts'

/** Time between two looks at a batch, ms. */
const pollMs = 500

/** A part of a file, and the batch that it is. */
export interface Accepted {
  readonly batchId: string
  readonly part: Part
}

/**
 * Waits until batches are complete, which are applied in their order, and shows how far they are.
 *
 * @returns their last statuses, in the same order
 */
export async function waitForBatches(
  call: Pick<OnlineCall, 'service' | 'signal' | 'print'>,
  display: Display,
  batches: readonly { readonly batchId: string; readonly part: Pick<Part, 'rows'> }[],
): Promise<BatchStatus[]> {
  const { service, signal, print } = call
  const total = batches.reduce((rows, { part }) => rows + part.rows, 0)
  const step = display.begin({ label: 'Applied', unit: rowUnit, total })
  const statuses: BatchStatus[] = []
  let before = 0
  let stuck: string | undefined
  try {
    for (const { batchId } of batches) {
      const onProgress = (status: BatchStatus) => {
        step.update(before + status.consumedCount)
        if (status.status !== 'stuck' || stuck === batchId) return
        stuck = batchId
        print.note(`${batchId} is stuck and goes on by itself: ${status.problem ?? 'no progress for long'}.`)
      }
      const status = await service.batches.wait(batchId, { signal, pollMs, onProgress })
      statuses.push(status)
      before += status.batchSize
    }
  } finally {
    step.end()
    const next = batches[statuses.length]
    if (next !== undefined) {
      print.note(`What was accepted is applied all the same: silhouette batch status ${next.batchId} --wait`)
    }
  }
  return statuses
}

/** Ends the command as refused when rows failed or records made none, unless that is allowed. */
export function refuseFailed(
  { allowFailed = false }: { readonly allowFailed?: boolean },
  statuses: readonly BatchStatus[],
  rejects?: Rejects,
): void {
  const failed = statuses.filter(({ failedUpdates }) => failedUpdates > 0)
  const count = failed.reduce((sum, { failedUpdates }) => sum + failedUpdates, 0)
  const facts: string[] = []
  if (count > 0) facts.push(`${countText(count)} rows failed.`)
  if (rejects !== undefined && rejects.count > 0) facts.push(rejects.sentence)
  if (facts.length === 0 || allowFailed) return
  const commands = failed.map(({ batchId }) => `silhouette batch failed-rows ${batchId}`)
  const hint = count > 0 ? `They are printed, each with its reason, by: ${commands.join('; ')}` : undefined
  throw new Refused(facts.join(' '), hint)
}
