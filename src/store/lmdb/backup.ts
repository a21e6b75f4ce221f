import { constants, existsSync } from 'node:fs'
import {
  chmod,
  copyFile,
  mkdir,
  mkdtemp,
  readdir,
  realpath,
  rename,
  rm,
  stat,
  statfs,
} from 'node:fs/promises'
import path from 'node:path'
import { hasCode } from '../../lib/errors.ts'
import type { Batch } from '../../model/batch.ts'
import { allBatches } from './batches.ts'
import {
  dataFile,
  fileMode,
  folderMode,
  isInside,
  lockFile,
  secretKeyFile,
  spoolFolder,
  syncFile,
  syncFolder,
} from './directory.ts'
import { closeEnvironment, openEnvironment } from './environment.ts'
import { placeHold } from './hold.ts'
import { forgetServer } from './server-lock.ts'
import { unfinished as unfinishedEntry } from './spool.ts'

export interface BackupOptions {
  /** Leaves out free pages: smaller, and nothing of what was deleted is in it; takes longer. */
  readonly compact: boolean
  /** Ends it; nothing is left then. */
  readonly signal: AbortSignal
}

/** What a finished backup holds. */
export interface BackupReport {
  readonly directory: string
  /** Of all its files. */
  readonly bytes: number
  readonly batches: number
  readonly incompleteBatches: number
  /** Whether it has the secret key; else a setting gives that, or there is none yet. */
  readonly hasSecretKey: boolean
  /** Incomplete batches whose uploads the store itself does not have: they are stuck there, too. */
  readonly uploadsMissing: readonly string[]
}

/** Room for what grows while it is copied, bytes. */
const spareBytes = 16 * 1_048_576

/** How often a copy is begun again because the server made its file larger just then. */
const attemptsMax = 10

/**
 * Copies a store, served or not, to a directory that does not exist or is empty.
 *
 * The copy is one moment of the store: every write acknowledged before the call is in it, and each
 * batch in it that is not complete has its upload. A start from it goes on as after a crash at that
 * moment. It appears under its name once it is whole and on disk; before, it has another.
 *
 * @throws Error that says what to do; nothing is left then
 */
export async function backUpLmdb(
  source: string,
  target: string,
  options: BackupOptions,
): Promise<BackupReport> {
  if (!existsSync(path.join(source, dataFile)))
    throw new Error(`there is no store in ${source}; name the directory that a server keeps its store in`)
  const place = await judgeTarget(target, source)
  await requireRoom(source, path.dirname(place))
  const hold = await placeHold(source)
  try {
    const unfinished = await mkdtemp(`${place}.unfinished-`)
    try {
      await copyDatabase(source, unfinished, options)
      const batches = await releaseCopy(unfinished)
      const uploadsMissing = await copyEntries(source, unfinished, batches, options.signal)
      const hasSecretKey = await copyIfThere(
        path.join(source, secretKeyFile),
        path.join(unfinished, secretKeyFile),
      )
      hold.requireUnbroken()
      await syncFolder(unfinished)
      options.signal.throwIfAborted()
      await rename(unfinished, place)
      await syncFolder(path.dirname(place))
      return {
        directory: place,
        bytes: await sizeOf(place),
        batches: batches.length,
        incompleteBatches: batches.filter(isIncomplete).length,
        hasSecretKey,
        uploadsMissing,
      }
    } catch (error) {
      await rm(unfinished, { recursive: true, force: true })
      throw error
    }
  } finally {
    await hold.release()
  }
}

/** @returns the target without links and dots in its path */
async function judgeTarget(target: string, source: string): Promise<string> {
  const parent = await realpath(path.dirname(path.resolve(target))).catch((cause: unknown) => {
    throw new Error(`the folder of ${target} is not there; make it first`, { cause })
  })
  const place = await realpath(target).catch(() => path.join(parent, path.basename(target)))
  if (isInside(await realpath(source), place))
    throw new Error(`${target} is inside the store directory; name one elsewhere`)
  const found = await namesIn(place)
  if (found === undefined) return place
  if (found.length > 0)
    throw new Error(`${target} is not empty; name a directory that is, or one that does not exist`)
  const [own, above] = await Promise.all([stat(place), stat(path.dirname(place))])
  if (own.dev !== above.dev)
    throw new Error(`${target} is a file system of its own; name a directory in it that does not exist yet`)
  return place
}

/** `undefined` when there is nothing of that name. */
async function namesIn(folder: string): Promise<string[] | undefined> {
  try {
    return await readdir(folder)
  } catch (cause) {
    if (hasCode(cause, 'ENOENT')) return undefined
    const reason = hasCode(cause, 'ENOTDIR') ? 'is no directory' : 'cannot be read'
    throw new Error(`${folder} ${reason}; name another`, { cause })
  }
}

async function requireRoom(source: string, folder: string) {
  const needed = (await sizeOf(source)) + spareBytes
  const disk = await statfs(folder)
  const free = disk.bavail * disk.bsize
  if (free < needed)
    throw new Error(
      `${folder} has ${free} bytes free, the backup needs ${needed}; name a place on a larger disk`,
    )
}

async function sizeOf(folder: string): Promise<number> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true })
  const files = entries.filter((entry) => entry.isFile() && entry.name !== lockFile)
  const sizes = await Promise.all(
    files.map(({ parentPath, name }) => sizeIfThere(path.join(parentPath, name))),
  )
  return sizes.reduce((sum, size) => sum + size, 0)
}

/** Uploads come and go while they are looked at. */
async function sizeIfThere(file: string): Promise<number> {
  try {
    return (await stat(file)).size
  } catch (error) {
    if (hasCode(error, 'ENOENT')) return 0
    throw error
  }
}

/**
 * Copies one snapshot of the database. The handle is new for each attempt: LMDB copies what is mapped
 * into memory, which is as much as the file had when it was opened.
 */
async function copyDatabase(source: string, target: string, { compact, signal }: BackupOptions) {
  for (let attempt = 1; ; attempt++) {
    const environment = openEnvironment(source, { as: 'reader' })
    try {
      await untilAborted(signal, environment.root.backup(target, compact))
      break
    } catch (error) {
      const hasGrown = error instanceof Error && error.message.includes('MDB_MAP_RESIZED')
      if (!hasGrown || attempt === attemptsMax) throw error
      await rm(path.join(target, dataFile), { force: true })
    } finally {
      if (!signal.aborted) await closeEnvironment(environment)
    }
  }
  await chmod(path.join(target, dataFile), fileMode)
}

/** LMDB cannot be stopped in the middle: what is left of the copy ends with the process. */
async function untilAborted<T>(signal: AbortSignal, work: Promise<T>): Promise<T> {
  signal.throwIfAborted()
  const aborted = new Promise<never>((_, reject) => {
    signal.addEventListener('abort', () => reject(signal.reason), { once: true })
  })
  return Promise.race([work, aborted])
}

/** Takes the server's mark out of the copy, which nobody serves, and lists the batches in it. */
async function releaseCopy(copy: string): Promise<Batch[]> {
  const environment = openEnvironment(copy, { as: 'attached' })
  forgetServer(environment)
  const batches = allBatches(environment)
  await closeEnvironment(environment)
  await rm(path.join(copy, lockFile), { force: true })
  await syncFile(path.join(copy, dataFile))
  return batches
}

/** @returns the incomplete batches that have no upload */
async function copyEntries(
  source: string,
  target: string,
  batches: readonly Batch[],
  signal: AbortSignal,
): Promise<string[]> {
  const [from, to] = [path.join(source, spoolFolder), path.join(target, spoolFolder)]
  const byId = new Map(batches.map((batch) => [batch.batchId, batch]))
  const missing = new Set(batches.filter(isIncomplete).map(({ batchId }) => batchId))
  await mkdir(to, { mode: folderMode })
  for (const name of (await namesIn(from)) ?? []) {
    signal.throwIfAborted()
    const batch = byId.get(name.split('.')[0] ?? name)
    // The upload of a complete batch is about to be removed.
    const isNeeded =
      batch !== undefined &&
      !name.endsWith(unfinishedEntry) &&
      (name !== batch.batchId || isIncomplete(batch))
    if (isNeeded && (await copyIfThere(path.join(from, name), path.join(to, name)))) missing.delete(name)
  }
  await syncFolder(to)
  return [...missing]
}

async function copyIfThere(from: string, to: string): Promise<boolean> {
  try {
    await copyFile(from, to, constants.COPYFILE_EXCL | constants.COPYFILE_FICLONE)
  } catch (error) {
    if (hasCode(error, 'ENOENT')) return false
    throw error
  }
  await chmod(to, fileMode)
  await syncFile(to)
  return true
}

function isIncomplete({ completedAtMs }: Batch): boolean {
  return completedAtMs === undefined
}
