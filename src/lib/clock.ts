import { setTimeout as wait } from 'node:timers/promises'

/** The time, as everything that writes or judges times reads it. */
export interface Clock {
  /** Epoch milliseconds; never less than before. */
  nowMs(): number
  /** Like `nowMs`, but no call before or after it returns the same: what follows is later. */
  uniqueMs(): number
  /** Waits until a moment is over for every process of this machine. */
  past(ms: number): Promise<void>
}

/** The system's time, made to never go back within the process when the system's is set back. */
export function systemClock(): Clock {
  let floorMs = 0
  const nowMs = () => (floorMs = Math.max(floorMs, Date.now()))
  return {
    nowMs,
    uniqueMs: () => uniqueFrom(nowMs, (ms) => (floorMs = ms)),
    past: async (ms) => {
      while (Date.now() <= ms) await wait(1)
    },
  }
}

export interface ManualClock extends Clock {
  advance(ms: number): void
  set(ms: number): void
}

/** A clock for tests: it stands still until moved. */
export function manualClock(startMs = 1_760_000_000_000): ManualClock {
  let atMs = startMs
  const set = (ms: number) => (atMs = ms)
  return {
    nowMs: () => atMs,
    uniqueMs: () => uniqueFrom(() => atMs, set),
    past: async () => {},
    advance: (ms) => set(atMs + ms),
    set,
  }
}

function uniqueFrom(nowMs: () => number, moveTo: (ms: number) => unknown): number {
  const unique = nowMs() + 1
  moveTo(unique + 1)
  return unique
}
