/** Times or rates of one contender, a number a round. */
export type Rounds = readonly number[]

export function median(values: Rounds): number {
  const sorted = values.toSorted((a, b) => a - b)
  const middle = sorted.length >> 1
  const [high = Number.NaN, low = high] = [sorted[middle], sorted[middle - 1]]
  return sorted.length % 2 === 1 ? high : (high + low) / 2
}

/** Runs every contender once a round, in turns, so that what disturbs the machine disturbs all alike. */
export async function inTurns<Name extends string, Result>(
  rounds: number,
  contenders: Readonly<Record<Name, (round: number) => Promise<Result>>>,
): Promise<Record<Name, Result[]>> {
  const results = new Map<string, Result[]>()
  for (let round = 0; round < rounds; round++) {
    for (const [name, run] of Object.entries<(round: number) => Promise<Result>>(contenders)) {
      results.set(name, [...(results.get(name) ?? []), await run(round)])
    }
  }
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- one entry for each contender
  return Object.fromEntries(results) as Record<Name, Result[]>
}

/** Ratios of each round: what was measured beside each other is compared with each other. */
export function ratios(numerators: Rounds, denominators: Rounds): number[] {
  return numerators.map((value, round) => value / (denominators[round] ?? Number.NaN))
}

/** `1.23 (1.10–1.31)`: the median of the rounds and their spread. */
export function withSpread(values: Rounds, digits = 2): string {
  if (values.length === 0) return 'not installed'
  const [least, most] = [Math.min(...values), Math.max(...values)]
  return `${median(values).toFixed(digits)} (${least.toFixed(digits)}–${most.toFixed(digits)})`
}
