import { Refusal } from '../../lib/errors.ts'
import { StoreNotReachable } from '../errors.ts'

/** How long a store may be away before a command gives up, and how often it is tried, ms. */
const awayMsMax = 60_000
const tryEveryMs = 1_000

/**
 * Does what may be done again, and does it again while a store cannot be reached for the moment.
 *
 * @throws StoreNotReachable when that goes on for a minute
 */
export async function patiently<Result>(signal: AbortSignal, work: () => Promise<Result>): Promise<Result> {
  const beganAtMs = performance.now()
  for (;;) {
    signal.throwIfAborted()
    try {
      return await work()
    } catch (error) {
      if (!(error instanceof Refusal) || error.code !== 'store_unavailable') throw error
      if (performance.now() - beganAtMs > awayMsMax)
        throw new StoreNotReachable(error.message, 'What was copied stays: run it again, and it goes on.')
    }
    await new Promise((resolve) => void setTimeout(resolve, tryEveryMs))
  }
}
