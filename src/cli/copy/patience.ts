import { setTimeout as wait } from 'node:timers/promises'
import { NotReachable } from '#client'
import { Refusal } from '../../lib/errors.ts'

/** How long a store may be away before a command gives up, and how often it is tried, ms. */
const awayMsMax = 60_000
const tryEveryMs = 1_000

/**
 * Does what may be done again, and does it again while a store cannot be reached for the moment.
 *
 * @throws NotReachable when that goes on for a minute
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
        throw new NotReachable(
          'A store could not be reached for a minute; the copy goes on when asked again.',
          error,
        )
    }
    await wait(tryEveryMs)
  }
}
