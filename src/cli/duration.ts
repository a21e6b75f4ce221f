import { InvalidArgumentError } from 'commander'

const secondsOf = { s: 1, m: 60, h: 3600, d: 86_400, w: 604_800 } as const

/** What `durationSeconds` takes, for help. */
export const durationForms = '30s, 15m, 24h, 90d or 2w'

/** Reads a length of time such as `90d`; a number alone is refused, because it names no unit. */
export function durationSeconds(text: string): number {
  const [, digits, unit] = /^(\d{1,9})([smhdw])$/.exec(text) ?? []
  const length = Object.entries(secondsOf).find(([name]) => name === unit)?.[1]
  if (digits !== undefined && length !== undefined) return Number(digits) * length
  throw new InvalidArgumentError(`Give a whole number and its unit, as in ${durationForms}.`)
}

/** A length of time for people, its two largest units: `89 d 23 h`. */
export function durationText(seconds: number): string {
  const parts: string[] = []
  let left = Math.max(0, Math.floor(seconds))
  for (const unit of ['d', 'h', 'm', 's'] as const) {
    const count = Math.floor(left / secondsOf[unit])
    left -= count * secondsOf[unit]
    if (count > 0) parts.push(`${count} ${unit}`)
  }
  return parts.slice(0, 2).join(' ') || '0 s'
}
