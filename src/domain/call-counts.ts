import type { Clock } from '../lib/clock.ts'

const minuteMs = 60_000

/** Keys that are counted at the same time; past it, those whose minute is over are dropped. */
const countedMax = 10_000

/** What became of a call that is counted. */
export interface Counted {
  readonly isRefused: boolean
  /** Calls of this minute that were not refused. */
  readonly calls: number
  /** Until the minute is over. */
  readonly secondsLeft: number
}

/** Counts calls by the minute, one that begins with the first call of a key. */
export interface CallCounts {
  /** @param perMinute calls that are not refused, 1 or more */
  take(key: string, perMinute: number): Promise<Counted>
}

/** The counts of one process. */
export class OwnCallCounts implements CallCounts {
  readonly #clock: Clock
  readonly #counted = new Map<string, { readonly startMs: number; calls: number }>()

  constructor(clock: Clock) {
    this.#clock = clock
  }

  async take(key: string, perMinute: number): Promise<Counted> {
    const nowMs = this.#clock.nowMs()
    const known = this.#counted.get(key)
    const isOver = known === undefined || nowMs - known.startMs >= minuteMs
    const minute = isOver ? { startMs: nowMs, calls: 0 } : known
    if (isOver) this.#keep(key, minute, nowMs)
    const isRefused = minute.calls >= perMinute
    if (!isRefused) minute.calls++
    const secondsLeft = Math.ceil((minute.startMs + minuteMs - nowMs) / 1000)
    return { isRefused, calls: minute.calls, secondsLeft }
  }

  #keep(key: string, minute: { readonly startMs: number; calls: number }, nowMs: number) {
    if (this.#counted.size >= countedMax) {
      for (const [old, { startMs }] of this.#counted) {
        if (nowMs - startMs >= minuteMs) this.#counted.delete(old)
      }
    }
    this.#counted.set(key, minute)
  }
}
