import { setTimeout as sleep } from 'node:timers/promises'

/**
 * Asks until there is an answer.
 *
 * @param what   for the error when time runs out
 * @param answer returns `undefined` while there is none; what it throws ends the waiting
 */
export async function waitFor<T>(
  what: string,
  answer: () => T | undefined | Promise<T | undefined>,
  { limitMs = 20_000, everyMs = 10 } = {},
): Promise<T> {
  const deadline = performance.now() + limitMs
  for (;;) {
    const found = await answer()
    if (found !== undefined) return found
    if (performance.now() > deadline) throw new Error(`waited ${limitMs} ms in vain for ${what}`)
    await sleep(everyMs)
  }
}
