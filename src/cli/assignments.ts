import { UsageError } from './errors.ts'

/** Reads operands such as `tier=gold`; what follows the first `=` is the value, whatever is in it. */
export function readAssignments(operands: readonly string[]): ReadonlyMap<string, string> {
  const assignments = new Map<string, string>()
  for (const operand of operands) {
    const at = operand.indexOf('=')
    if (at < 1) throw new UsageError(`"${operand}" sets nothing.`, 'Write key=value, as in tier=gold.')
    const key = operand.slice(0, at)
    if (assignments.has(key)) throw new UsageError(`${key} is given twice.`)
    assignments.set(key, operand.slice(at + 1))
  }
  return assignments
}
