import type { DomainContext } from '../context.ts'

/** Profiles looked at in one step: a fraction of a second of reading at the most. */
const stepProfiles = 2_000

/** Least time from the beginning of one pass to that of the next, ms. */
const passEveryMs = 3_600_000

/** Gives the space of expired profiles back, a step at a time, one pass through the store an hour. */
export class Sweeper {
  #cursor: string | undefined
  #beganAtMs = -Infinity
  #isPassing = false

  /** Does the next step, if one is due. */
  async step(context: DomainContext): Promise<void> {
    const nowMs = context.clock.nowMs()
    if (!this.#isPassing) {
      if (nowMs - this.#beganAtMs < passEveryMs) return
      this.#beganAtMs = nowMs
      this.#isPassing = true
    }
    const swept = await context.store.profiles.sweep({ cursor: this.#cursor, limit: stepProfiles, nowMs })
    this.#cursor = swept.cursor
    this.#isPassing = swept.cursor !== undefined
  }
}
