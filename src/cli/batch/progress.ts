/** Time that a rate is taken over, ms: long enough to be steady, short enough to follow a change. */
const windowMs = 10_000

/** Samples kept at the most; closer ones replace each other. */
const samplesMax = 100

/** How fast something goes, over the last seconds. */
export class Rate {
  readonly #samples: { atMs: number; done: number }[] = []

  /** @param nowMs of a clock that never goes back */
  add(nowMs: number, done: number): void {
    const samples = this.#samples
    const before = samples.at(-2)
    if (before !== undefined && nowMs - before.atMs < windowMs / samplesMax) samples.pop()
    samples.push({ atMs: nowMs, done })
    while (samples.length > 2 && samples[1]!.atMs <= nowMs - windowMs) samples.shift()
  }

  /** Units a second; `undefined` before it can be told. */
  get perSecond(): number | undefined {
    const first = this.#samples[0]
    const last = this.#samples.at(-1)
    if (first === undefined || last === undefined || last.atMs <= first.atMs) return undefined
    return ((last.done - first.done) * 1000) / (last.atMs - first.atMs)
  }
}

/** How far a step of the work is. */
export interface Progress {
  readonly done: number
  /** Absent where it is not known beforehand. */
  readonly total?: number | undefined
  readonly perSecond?: number | undefined
}

/** What is counted, and how numbers of it are written. */
export interface Unit {
  readonly write: (count: number) => string
}

export const byteUnit: Unit = { write: bytesText }
export const rowUnit: Unit = { write: (count) => `${countText(count)} rows` }

/** Part of the work that is done, from 0 to 1. */
export function shareOf({ done, total }: Progress): number {
  if (total === undefined) return 0
  return total === 0 ? 1 : Math.min(1, done / total)
}

/** `12.5 MiB of 50.0 MiB (25%), 10.1 MiB/s, 4 s left`. */
export function progressText(progress: Progress, unit: Unit): string {
  const { done, total, perSecond } = progress
  const share =
    total === undefined ? '' : ` of ${unit.write(total)} (${Math.floor(shareOf(progress) * 100)}%)`
  const rate = perSecond === undefined ? '' : `, ${unit.write(Math.round(perSecond))}/s`
  const left = secondsLeft(progress)
  return `${unit.write(done)}${share}${rate}${left === undefined ? '' : `, ${timeText(left)} left`}`
}

/** Seconds to the end at the present rate; `undefined` when that cannot be told. */
export function secondsLeft({ done, total, perSecond = 0 }: Progress): number | undefined {
  if (total === undefined || perSecond <= 0) return undefined
  return Math.max(0, Math.ceil((total - done) / perSecond))
}

/** `980 B`, `1.5 KiB`, `12.0 MiB`. */
export function bytesText(bytes: number): string {
  const units = ['B', 'KiB', 'MiB', 'GiB', 'TiB']
  let value = bytes
  let unit = 0
  // What would be written as 1024.0 is one of the next unit.
  while (unit < units.length - 1 && value >= (unit === 0 ? 1024 : 1023.95)) {
    value /= 1024
    unit++
  }
  return `${unit === 0 ? value : value.toFixed(1)} ${units[unit]}`
}

/** `1,234,567`. */
export function countText(count: number): string {
  return String(Math.round(count)).replaceAll(/\B(?=(\d{3})+$)/g, ',')
}

/** `45 s`, `3 min 5 s`, `2 h 10 min`. */
export function timeText(seconds: number): string {
  const whole = Math.ceil(seconds)
  if (whole < 60) return `${whole} s`
  if (whole < 3600) return `${Math.floor(whole / 60)} min ${whole % 60} s`
  return `${Math.floor(whole / 3600)} h ${Math.floor((whole % 3600) / 60)} min`
}
