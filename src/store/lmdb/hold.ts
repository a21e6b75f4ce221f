import { randomUUID } from 'node:crypto'
import { readdir, rm, stat, utimes, writeFile } from 'node:fs/promises'
import path from 'node:path'
import { hasCode } from '../../lib/errors.ts'
import { fileMode } from './directory.ts'

const ending = '.hold'

/** A hold that was not renewed for so long is void: who placed it is gone, ms. */
const validMs = 30_000

const renewEveryMs = 1_000

/** While it stands, no process removes an entry of the spool. */
export interface Hold {
  /** @throws Error when the hold may have been void for a moment since it was placed */
  requireUnbroken(): void
  release(): Promise<void>
}

/**
 * Keeps all entries of the spool in place, for a backup.
 *
 * Whoever removes an entry looks for holds first, and does so after the commit by which the entry is
 * not needed any more. So what a later snapshot of the database needs stays while the hold stands: an
 * entry whose remover saw no hold was dispensable before the hold, hence before the snapshot.
 *
 * It is a file, so that it works between processes and ends by itself with a process that is killed.
 */
export async function placeHold(directory: string): Promise<Hold> {
  const file = path.join(directory, `backup-${randomUUID()}${ending}`)
  await writeFile(file, '', { mode: fileMode, flag: 'wx' })
  let renewedAtMs = Date.now()
  let isBroken = false
  const renew = async () => {
    const now = new Date()
    // Far less than what makes it void, for the clocks of files and processes differ a little.
    if (now.getTime() - renewedAtMs > validMs / 2) isBroken = true
    await utimes(file, now, now)
    renewedAtMs = now.getTime()
  }
  const timer = setInterval(() => void renew().catch(() => (isBroken = true)), renewEveryMs)
  return {
    requireUnbroken: () => {
      if (isBroken || Date.now() - renewedAtMs > validMs / 2)
        throw new Error('this process was held up for too long to be sure of the uploads; try again')
    },
    release: async () => {
      clearInterval(timer)
      await rm(file, { force: true })
    },
  }
}

/** Tells whether entries of the spool must stay for now; clears away void holds. */
export async function isHeld(directory: string): Promise<boolean> {
  const holds = (await readdir(directory)).filter((name) => name.endsWith(ending))
  for (const name of holds) {
    const file = path.join(directory, name)
    const ageMs = Date.now() - (await touchedAtMs(file))
    if (ageMs < validMs) return true
    await rm(file, { force: true })
  }
  return false
}

/** `-Infinity` for one that was released in between. */
async function touchedAtMs(file: string): Promise<number> {
  try {
    return (await stat(file)).mtimeMs
  } catch (error) {
    if (hasCode(error, 'ENOENT')) return -Infinity
    throw error
  }
}
