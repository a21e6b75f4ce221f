import { open } from 'node:fs/promises'
import path from 'node:path'

/** What a store directory holds. */
export const dataFile = 'data.mdb'
/** LMDB's own: who reads and writes just now. It says nothing once no process has the store open. */
export const lockFile = 'lock.mdb'
export const spoolFolder = 'spool'
/** The secret key, where no setting gives it. */
export const secretKeyFile = 'secret-key'

/** Rights of the directory and the spool, and of every file in them: the owner's alone. */
export const folderMode = 0o700
export const fileMode = 0o600

/** Makes what was done to the entries of a folder durable. */
export async function syncFolder(folder: string): Promise<void> {
  await syncFile(folder)
}

/** Makes the content of a file durable. */
export async function syncFile(file: string): Promise<void> {
  const handle = await open(file, 'r')
  try {
    await handle.sync()
  } finally {
    await handle.close()
  }
}

/** Tells whether a path is a folder or what is in it. */
export function isInside(folder: string, file: string): boolean {
  const relative = path.relative(folder, file)
  return (
    relative === '' ||
    (!relative.startsWith(`..${path.sep}`) && relative !== '..' && !path.isAbsolute(relative))
  )
}
