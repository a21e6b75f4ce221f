import type { FastifyReply } from 'fastify'
import type { Clock } from '../lib/clock.ts'
import { Refusal } from '../lib/errors.ts'

const minuteMs = 60_000

/** Tenants or people that are counted at the same time; past it, those whose minute is over are dropped. */
const countedMax = 10_000

/** Counts calls by the minute: of each key so many, then none until its minute is over. */
export class CallLimit {
  readonly #clock: Clock
  readonly #perMinute: number
  readonly #counted = new Map<string, { readonly startMs: number; calls: number }>()

  /** @param perMinute 0 for no limit */
  constructor(clock: Clock, perMinute: number) {
    this.#clock = clock
    this.#perMinute = perMinute
  }

  /**
   * Counts a call. The reply tells what is left of the minute, also when the call is refused.
   *
   * @throws Refusal `calls_too_many`, with the seconds to wait
   * @source draft-ietf-httpapi-ratelimit-headers-03: `RateLimit-Limit`, `-Remaining`, `-Reset`
   */
  take(key: string, reply: FastifyReply): void {
    if (this.#perMinute === 0) return
    const nowMs = this.#clock.nowMs()
    const known = this.#counted.get(key)
    const isOver = known === undefined || nowMs - known.startMs >= minuteMs
    const minute = isOver ? { startMs: nowMs, calls: 0 } : known
    if (isOver) this.#keep(key, minute, nowMs)
    const secondsLeft = Math.ceil((minute.startMs + minuteMs - nowMs) / 1000)
    const isRefused = minute.calls >= this.#perMinute
    if (!isRefused) minute.calls++
    reply.headers({
      'ratelimit-limit': this.#perMinute,
      'ratelimit-remaining': this.#perMinute - minute.calls,
      'ratelimit-reset': secondsLeft,
    })
    if (isRefused) throw this.#refuse(secondsLeft)
  }

  #keep(key: string, minute: { readonly startMs: number; calls: number }, nowMs: number) {
    if (this.#counted.size >= countedMax) {
      for (const [old, { startMs }] of this.#counted) {
        if (nowMs - startMs >= minuteMs) this.#counted.delete(old)
      }
    }
    this.#counted.set(key, minute)
  }

  #refuse(retryAfterSeconds: number): Refusal {
    return new Refusal(
      'calls_too_many',
      `${this.#perMinute} calls a minute are allowed; try again in ${retryAfterSeconds} s.`,
      { retryAfterSeconds },
    )
  }
}
