/** The middle of some figures, and how far they lie apart. */
export interface Spread {
  readonly median: number
  readonly min: number
  readonly max: number
}

export function spreadOf(figures: readonly number[]): Spread {
  const sorted = figures.toSorted((a, b) => a - b)
  const middle = sorted.length / 2
  const upper = sorted[Math.floor(middle)] ?? NaN
  const lower = sorted[Math.ceil(middle) - 1] ?? NaN
  return { median: (lower + upper) / 2, min: sorted[0] ?? NaN, max: sorted.at(-1) ?? NaN }
}

/** The value that the given share of all figures does not exceed; the array must be sorted. */
export function percentile(sorted: Float64Array, share: number): number {
  return sorted[Math.max(0, Math.ceil(sorted.length * share) - 1)] ?? NaN
}

/** Writes a median with its range: `2.31 (2.20–2.48)`. */
export function writeSpread(figures: readonly number[], digits: number): string {
  const { median, min, max } = spreadOf(figures)
  const text = writeNumber(median, digits)
  return figures.length === 1 ? text : `${text} (${writeNumber(min, digits)}–${writeNumber(max, digits)})`
}

export function writeNumber(figure: number, digits: number): string {
  if (Number.isNaN(figure)) return '–'
  return figure.toLocaleString('en', { minimumFractionDigits: digits, maximumFractionDigits: digits })
}

/** Ratio of medians. */
export function writeRatio(figures: readonly number[], others: readonly number[]): string {
  return writeNumber(spreadOf(figures).median / spreadOf(others).median, 2)
}

/** Numbers that look random and are the same in each run. */
export function seededRandom(seed: number): () => number {
  let state = seed
  return () => {
    state = (state + 0x6d2b79f5) | 0
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state)
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32
  }
}
