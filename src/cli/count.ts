import { InvalidArgumentError, Option } from 'commander'

/** An option that takes a whole number from 1. */
export function countOption(flags: string, description: string, max: number): Option {
  return new Option(flags, description).argParser((text) => {
    const count = /^\d{1,9}$/.test(text) ? Number(text) : 0
    if (count >= 1 && count <= max) return count
    throw new InvalidArgumentError(`Give a whole number from 1 to ${max}.`)
  })
}
