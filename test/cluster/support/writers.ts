import { update, type Reply } from '../../acceptance/support/calls.ts'

/** A request as it ended. */
export interface Ended {
  readonly status: number
  readonly ms: number
  readonly atMs: number
}

/**
 * Writers that update profiles through nodes in turn until they are stopped, each attribute once, and
 * remember what was acknowledged.
 */
export class Writers {
  /** By visitor: what was acknowledged. */
  readonly acknowledged = new Map<string, Record<string, string>>()
  readonly ended: Ended[] = []
  readonly #urls: string[]
  readonly #running: Promise<void>[] = []
  #isStopped = false
  #turn = 0

  /** @param visitors thirdPartyIds of profiles that exist */
  constructor(urls: readonly string[], visitors: readonly string[]) {
    this.#urls = [...urls]
    for (const visitor of visitors) this.#running.push(this.#write(visitor))
  }

  /** Sends nothing more to a node. */
  leave(url: string) {
    this.#urls.splice(this.#urls.indexOf(url), 1)
  }

  async stop(): Promise<void> {
    this.#isStopped = true
    await Promise.all(this.#running)
  }

  async #write(visitor: string) {
    // Few attributes a visitor, so that profiles stay small; each value is written once.
    for (let i = 0; !this.#isStopped; i++) {
      const url = this.#urls[this.#turn++ % this.#urls.length]!
      const set = { [`a${i % 50}`]: String(i) }
      const beganAt = performance.now()
      let reply: Reply | undefined
      try {
        reply = await update(url, visitor, set)
      } catch (error) {
        // A node that was killed: its caller goes to another one.
        if (!(error instanceof TypeError)) throw error
      }
      this.ended.push({ status: reply?.status ?? 0, ms: performance.now() - beganAt, atMs: Date.now() })
      if (reply?.status === 200) this.#keep(visitor, set)
    }
  }

  #keep(visitor: string, set: Record<string, string>) {
    this.acknowledged.set(visitor, { ...this.acknowledged.get(visitor), ...set })
  }
}
