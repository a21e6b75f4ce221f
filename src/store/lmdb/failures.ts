import { Refusal } from '../../lib/errors.ts'

/** Codes of the system and of LMDB that say: the disk, not the request. */
const diskCodes: ReadonlySet<unknown> = new Set([
  'ENOSPC',
  'EDQUOT',
  'EIO',
  'EROFS',
  'EMFILE',
  'ENFILE',
  'MDB_MAP_FULL',
  'MDB_READERS_FULL',
])

/**
 * Runs work on the disk; when that fails for the disk's sake, the request is refused for now
 * (`store_unavailable`, 503) rather than answered as a bug. Nothing of the work is then visible.
 */
export async function onDisk<T>(work: () => Promise<T>): Promise<T> {
  try {
    return await work()
  } catch (error) {
    if (!isDiskFailure(error)) throw error
    throw new Refusal('store_unavailable', 'The store cannot be written for now; try again later.', {
      cause: error,
    })
  }
}

function isDiskFailure(error: unknown): boolean {
  if (!(error instanceof Error)) return false
  // lmdb rejects every write of a commit that failed with an error that has this member.
  if ('commitError' in error) return true
  return 'code' in error && diskCodes.has(error.code)
}
