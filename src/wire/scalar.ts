import { isWellFormed } from '../lib/text.ts'

/**
 * Reads a JSON value as an attribute's text: numbers and booleans become strings.
 *
 * A whole number that JSON readers round is refused, because a rounded id is another visitor's.
 *
 * @returns the text, or what is wrong with the value, as the end of a sentence
 */
export function scalarText(value: unknown): string | { readonly fault: string } {
  if (typeof value === 'string') return isWellFormed(value) ? value : { fault: 'is not valid Unicode' }
  if (typeof value === 'boolean') return String(value)
  if (typeof value !== 'number') return { fault: 'must be a string, a number or a boolean' }
  const isExact = Number.isFinite(value) && (!Number.isInteger(value) || Number.isSafeInteger(value))
  return isExact ? String(value) : { fault: 'is too large a number to be kept exactly; send it as a string' }
}
