/** Reading values as the driver gives them; `undefined` where a column has none. */

/** A number that the driver gives as such, or as a 64-bit integer of its own. */
export function numberOf(value: unknown): number | undefined {
  if (typeof value === 'number') return value
  const isLong = typeof value === 'object' && value !== null && 'toNumber' in value
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- the driver's own integer
  return isLong ? (value as { toNumber(): number }).toNumber() : undefined
}

export function stringOf(value: unknown): string | undefined {
  return typeof value === 'string' ? value : undefined
}

export function blobOf(value: unknown): Buffer | undefined {
  return Buffer.isBuffer(value) ? value : undefined
}

/** A text that one of our files wrote as JSON of this type. */
export function jsonOf<T>(value: unknown): T | undefined {
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- read back by the file that wrote it
  return typeof value === 'string' ? (JSON.parse(value) as T) : undefined
}

/** The entries of a map; the driver gives none for an empty one. */
export function entriesOf(value: unknown): readonly (readonly [string, unknown])[] {
  return value instanceof Map ? [...value] : []
}

/** The members of a set of numbers. */
export function numbersOf(value: unknown): number[] {
  return value instanceof Set ? [...value].filter((member) => typeof member === 'number') : []
}
