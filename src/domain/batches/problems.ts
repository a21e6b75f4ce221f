import { Refusal } from '../../lib/errors.ts'
import { profileBytesMax } from '../../model/limits.ts'
import type { RowFault } from './rows.ts'

/** Words for the status of a batch that cannot go on: the system's own would name files. */
export function problemOf(error: unknown): string {
  if (error instanceof Error && !('code' in error && typeof error.code === 'string')) return error.message
  return error instanceof Refusal ? error.message : 'the store or the spool cannot be read'
}

/** The fault of a row that its profile had no room for. */
export function tooLarge(bytes: number): RowFault {
  const fault = `profile too large: ${bytes} bytes of names and values, the limit is ${profileBytesMax}`
  return { column: undefined, fault }
}
