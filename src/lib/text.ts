/**
 * Tells whether a text has at most `max` characters (code points).
 *
 * A code point is one or two UTF-16 units, so most texts are judged by their length alone.
 */
export function hasAtMostChars(text: string, max: number): boolean {
  if (text.length <= max) return true
  if (text.length > max * 2) return false
  let count = 0
  for (const _ of text) count++
  return count <= max
}

/** Tells whether a text can be written as UTF-8: it holds no half of a surrogate pair. */
export function isWellFormed(text: string): boolean {
  // The first expression is the quick one: most texts hold no surrogate at all.
  return !/[\ud800-\udfff]/.test(text) || !/\p{Surrogate}/u.test(text)
}

/** The same text in memory of its own: a piece of a larger text holds all of that one. */
export function ownText(text: string): string {
  return Buffer.from(text).toString()
}
