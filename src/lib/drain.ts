import { setTimeout as wait } from 'node:timers/promises'

/**
 * The time between the moment when a process says that it stops and that when it does: those who send
 * it requests notice, and send them elsewhere.
 */
export class Drain {
  readonly #ms: number
  #hasBegun = false

  /** @param ms how long others take to notice */
  constructor(ms: number) {
    this.#ms = ms
  }

  /** Whether it has been said; requests are still answered. */
  get hasBegun(): boolean {
    return this.#hasBegun
  }

  /** Says it, and waits. */
  async begin(): Promise<void> {
    this.#hasBegun = true
    await wait(this.#ms)
  }
}
