import { chmodSync, existsSync, mkdirSync, mkdtempSync, rmSync, symlinkSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { open, type Database, type PutOptions, type RootDatabase } from 'lmdb'
import { dataFile, fileMode, folderMode, lockFile } from './directory.ts'
import { onDisk } from './failures.ts'

/** With two things that lmdb's own types leave out. */
export type ProfileDatabase = Omit<Database<Buffer, Buffer>, 'putSync'> & {
  /** Length of the value that `getBinaryFast` read last (its buffer may be longer). */
  readonly lastSize: number
  /** False when the value was not put, because `append` was asked for and the key is not the last. */
  putSync(key: Buffer, value: Buffer, options: PutOptions): boolean
}

/** The databases of one store directory, each with binary keys and values. */
export interface Environment {
  readonly root: RootDatabase<Buffer, Buffer>
  readonly meta: Database<Buffer, Buffer>
  readonly profiles: ProfileDatabase
  readonly names: Database<Buffer, Buffer>
  readonly documents: Database<Buffer, Buffer>
  readonly batches: Database<Buffer, Buffer>
  readonly queue: Database<Buffer, Buffer>
  readonly refused: Database<Buffer, Buffer>
  readonly directory: string
  /** Runs `change` in a write transaction; resolves once it is on disk. Concurrent calls share one. */
  readonly write: <T>(change: () => T) => Promise<T>
  /**
   * Makes the reads that follow see every commit so far, of any thread or process.
   *
   * @returns the number of the snapshot they see: the one before when it was taken in the same run of
   *          the queue of callbacks, for what others have written since nobody can have heard of here
   */
  readonly refresh: () => number
  /** Clears away what was made to open it; called once it is closed. */
  readonly leave: () => void
}

/** The layout that this build reads and writes; a store of another one is upgraded or refused. */
const format = 1

const databasesMax = 16

/** Who opens a store directory. */
export interface OpenAs {
  /**
   * `server` takes the directory for itself and frees what a crash left held; `attached` works
   * beside the server, as its worker thread does; `reader` reads, served or not, and leaves the
   * directory as it is: it creates nothing, and every write fails.
   */
  readonly as: 'server' | 'attached' | 'reader'
  /** Whether several processes answer requests, so that each has to notice what the others change. */
  readonly isShared?: boolean
}

/**
 * Opens a store directory; creates it (mode 0700, files 0600) unless it is opened to read.
 *
 * Commits are synced before they count (`overlappingSync` off): a promise that resolved is on disk.
 *
 * @throws Error that names the directory, when it cannot be used or holds a newer format
 */
export function openEnvironment(directory: string, { as }: OpenAs): Environment {
  const isReader = as === 'reader'
  if (isReader && !existsSync(path.join(directory, dataFile)))
    throw new Error(`there is no store in ${directory}; name the directory that a server keeps its store in`)
  const place = isReader ? readerPlace(directory) : { path: directory, leave: () => {} }
  let root: RootDatabase<Buffer, Buffer> | undefined
  try {
    if (!isReader) makeDirectory(directory)
    root = openRoot(place.path, isReader)
    if (!isReader) narrowRights(directory)
    const environment = { ...openDatabases(root), directory, leave: place.leave }
    checkFormat(environment, isReader)
    return environment
  } catch (cause) {
    void root?.close()
    place.leave()
    if (cause instanceof OtherFormat) throw cause
    const reason = cause instanceof Error ? cause.message : String(cause)
    throw new Error(`the store directory ${directory} cannot be opened: ${reason}`, { cause })
  }
}

/** Waits for what is under way and gives the directory back. */
export async function closeEnvironment({ root, leave }: Environment): Promise<void> {
  await root.close()
  leave()
}

/**
 * Where a reader opens the database. LMDB makes its lock file when there is none; then no process
 * has the store open, and the reader's lock may as well lie elsewhere, so that the directory stays
 * as it is and others can still open it.
 */
function readerPlace(directory: string): { path: string; leave: () => void } {
  if (existsSync(path.join(directory, lockFile))) return { path: directory, leave: () => {} }
  const aside = mkdtempSync(path.join(tmpdir(), 'silhouette-reader-'))
  symlinkSync(path.resolve(directory, dataFile), path.join(aside, dataFile))
  return { path: aside, leave: () => rmSync(aside, { recursive: true, force: true }) }
}

/** Makes a directory that is the owner's alone. */
export function makeDirectory(directory: string) {
  mkdirSync(directory, { recursive: true, mode: folderMode })
  chmodSync(directory, folderMode)
}

/** Files that an earlier version, or a copy by hand, left readable for others. */
function narrowRights(directory: string) {
  for (const name of [dataFile, lockFile]) chmodSync(path.join(directory, name), fileMode)
}

function openRoot(place: string, isReader: boolean): RootDatabase<Buffer, Buffer> {
  // lmdb's own types leave `permissionsMode` out, so it is not written in the call.
  const options = {
    path: place,
    // A directory whose name has a dot would otherwise be taken for a file.
    noSubdir: false,
    readOnly: isReader,
    maxDbs: databasesMax,
    overlappingSync: false,
    keyEncoding: 'binary',
    encoding: 'binary',
    permissionsMode: fileMode,
  } as const
  return open<Buffer, Buffer>(options)
}

function openDatabases(root: RootDatabase<Buffer, Buffer>): Omit<Environment, 'directory' | 'leave'> {
  const database = (name: string) =>
    root.openDB<Buffer, Buffer>({ name, keyEncoding: 'binary', encoding: 'binary' })
  return {
    root,
    meta: database('meta'),
    // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- lmdb's own types leave out what it adds
    profiles: database('profiles') as unknown as ProfileDatabase,
    names: database('names'),
    documents: database('documents'),
    batches: database('batches'),
    queue: database('queue'),
    refused: database('refused'),
    write: (change) => onDisk(() => root.transaction(change)),
    refresh: refresher(root),
  }
}

/**
 * Takes a new snapshot for the reads of each run of the queue of callbacks.
 *
 * Fetches that arrive together then share one; a commit of this thread takes a new one in any case.
 *
 * @source bench `requests`: a snapshot for each fetch took 2 of its microseconds
 */
function refresher(root: RootDatabase<Buffer, Buffer>): () => number {
  let snapshot = 0
  let isFresh = false
  // What is put on this queue runs once the callbacks under way have run.
  const age = () => void (isFresh = false)
  return () => {
    if (isFresh) return snapshot
    root.resetReadTxn()
    isFresh = true
    process.nextTick(age)
    return ++snapshot
  }
}

const formatKey = Buffer.from('format')

/** A store that another version has to open. */
class OtherFormat extends Error {}

function checkFormat({ root, meta, directory }: Environment, isReader: boolean) {
  const stored = meta.get(formatKey)?.toString()
  if (stored === String(format)) return
  if (stored !== undefined) {
    throw new OtherFormat(
      `the store in ${directory} has format ${stored}; this version of Silhouette reads format ${format}. ` +
        'Start it with the version that wrote it, or give another directory.',
    )
  }
  if (isReader) throw new Error('it holds a database of something else')
  root.transactionSync(() => {
    void meta.put(formatKey, Buffer.from(String(format)))
  })
}

/** Longest key of an LMDB database, bytes. */
const keyBytesMax = 1_978

/** Reads a record of ours kept as JSON; `undefined` when there is none. */
export function getJson<T>(database: Database<Buffer, Buffer>, key: Buffer): T | undefined {
  // No key of ours is longer than LMDB allows, so there is nothing under one that is.
  if (key.length > keyBytesMax) return undefined
  const bytes = database.get(key)
  return bytes === undefined ? undefined : fromJson<T>(bytes)
}

export function fromJson<T>(bytes: Buffer): T {
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- written by `toJson` in the store's format
  return JSON.parse(bytes.toString()) as T
}

export function toJson(value: unknown): Buffer {
  return Buffer.from(JSON.stringify(value))
}

/** A key of texts: none of them holds a NUL, so the parts stay apart and keys sort by part. */
export function textKey(...parts: readonly string[]): Buffer {
  return Buffer.from(parts.join('\0'))
}
