/** What stands for itself in a cell: no decoder makes anything else of it. */
const plain = /^[\w.~!*'()@:/$-]*$/
const others = /[^\w.~!*'()@:/$-]/g

const escapes = Array.from(
  { length: 256 },
  (_, byte) => `%${byte.toString(16).toUpperCase().padStart(2, '0')}`,
)

/** Tells whether a cell is written as it is. */
export function isPlain(cell: string): boolean {
  return plain.test(cell)
}

/**
 * Percent-encodes the bytes of a cell.
 *
 * A space becomes `%20`, which decoders of both kinds read as one.
 *
 * @param cell bytes as latin1 characters
 */
export function encodeCell(cell: string): string {
  return cell.replace(others, (char) => escapes[char.charCodeAt(0)]!)
}
