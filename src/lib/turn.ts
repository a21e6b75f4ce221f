let coming: Promise<void> | undefined

/**
 * Resolves once the event loop has taken in everything that has arrived so far.
 *
 * What arrived together is then answered together: replies go out one after the other, and a caller
 * on the same machine or behind one proxy is woken once for all of them instead of once for each.
 * A request that is alone waits some microseconds.
 *
 * @source bench `requests`: fetches at 32 connections are nearly twice as many with it
 */
export function nextTurn(): Promise<void> {
  coming ??= new Promise((resolve) => {
    setImmediate(() => {
      coming = undefined
      resolve()
    })
  })
  return coming
}
