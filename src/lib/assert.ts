/**
 * States what must hold here; anything else is a bug, answered as an internal error.
 *
 * @param statement what holds, as a positive statement: 'a batch has rows'
 */
export function assert(condition: unknown, statement: string): asserts condition {
  if (!condition) throw new Error(`not so: ${statement}`)
}
