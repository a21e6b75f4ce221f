import type { FastifyReply } from 'fastify'
import type { CallCounts } from '../domain/call-counts.ts'
import { Refusal } from '../lib/errors.ts'

/** Of each key so many calls a minute, then none until its minute is over. */
export class CallLimit {
  readonly #counts: CallCounts
  readonly #name: string
  readonly #perMinute: number

  /**
   * @param name      tells its keys from those of other limits
   * @param perMinute 0 for no limit
   */
  constructor(counts: CallCounts, { name, perMinute }: { name: string; perMinute: number }) {
    this.#counts = counts
    this.#name = name
    this.#perMinute = perMinute
  }

  /**
   * Counts a call. The reply tells what is left of the minute, also when the call is refused.
   *
   * @throws Refusal `calls_too_many`, with the seconds to wait
   * @source draft-ietf-httpapi-ratelimit-headers-03: `RateLimit-Limit`, `-Remaining`, `-Reset`
   */
  async take(key: string, reply: FastifyReply): Promise<void> {
    if (this.#perMinute === 0) return
    const { isRefused, calls, secondsLeft } = await this.#counts.take(
      `${this.#name}\n${key}`,
      this.#perMinute,
    )
    reply.headers({
      'ratelimit-limit': this.#perMinute,
      'ratelimit-remaining': this.#perMinute - calls,
      'ratelimit-reset': secondsLeft,
    })
    if (isRefused) throw this.#refuse(secondsLeft)
  }

  #refuse(retryAfterSeconds: number): Refusal {
    return new Refusal(
      'calls_too_many',
      `${this.#perMinute} calls a minute are allowed; try again in ${retryAfterSeconds} s.`,
      { retryAfterSeconds },
    )
  }
}
