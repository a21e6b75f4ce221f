import { closeSync, fstatSync, openSync, readSync } from 'node:fs'
import { mkdir, open, readdir, rename, rm, stat, type FileHandle } from 'node:fs/promises'
import path from 'node:path'
import { hasCode } from '../../lib/errors.ts'
import { fileMode, folderMode, spoolFolder, syncFolder } from './directory.ts'
import type { OpenAs } from './environment.ts'
import { onDisk } from './failures.ts'
import { isHeld } from './hold.ts'
import type { Spool, SpoolReader } from '../store.ts'

/** Ending of a file that is still being written; what a crash leaves of one is removed by the next server. */
export const unfinished = '.part'

/** The spool as files beside the database: written once, in sequence, and read anywhere. */
export async function lmdbSpool(directory: string, { as }: OpenAs): Promise<Spool> {
  const folder = path.join(directory, spoolFolder)
  if (as !== 'reader') await mkdir(folder, { recursive: true, mode: folderMode })
  if (as === 'server') await removeUnfinished(folder)
  const fileOf = (name: string) => path.join(folder, name)
  return {
    create: async (name) => {
      const part = fileOf(name) + unfinished
      // What a dead thread left of the same entry is written over.
      const file = await onDisk(() => open(part, 'w', fileMode))
      const pieces = new PieceFile(file)
      return {
        write: (bytes) => onDisk(() => pieces.write(bytes)),
        close: () =>
          onDisk(async () => {
            await pieces.flush()
            await file.close()
            await rename(part, fileOf(name))
            await syncFolder(folder)
          }),
        discard: async () => {
          await pieces.settle()
          await file.close()
          await rm(part, { force: true })
        },
      }
    },
    open: async (name) => openEntry(fileOf(name)),
    // What a backup holds here is removed with the uploads that a crash left.
    remove: async (name) => {
      if (!(await isHeld(directory))) await rm(fileOf(name), { force: true })
    },
    list: async (createdBeforeMs) => {
      const names = (await readdir(folder)).filter((name) => !name.endsWith(unfinished))
      const ages = await Promise.all(names.map((name) => changedAtMs(fileOf(name))))
      return names.filter((_, index) => (ages[index] ?? Infinity) < createdBeforeMs)
    },
  }
}

async function removeUnfinished(folder: string) {
  const left = (await readdir(folder)).filter((name) => name.endsWith(unfinished))
  await Promise.all(left.map((name) => rm(path.join(folder, name), { force: true })))
}

/** `undefined` for a file that was removed in between. */
async function changedAtMs(file: string): Promise<number | undefined> {
  try {
    return (await stat(file)).mtimeMs
  } catch (error) {
    if (hasCode(error, 'ENOENT')) return undefined
    throw error
  }
}

function openEntry(file: string): SpoolReader | undefined {
  let descriptor: number
  try {
    descriptor = openSync(file, 'r')
  } catch (error) {
    if (hasCode(error, 'ENOENT')) return undefined
    throw error
  }
  const { size } = fstatSync(descriptor)
  let isOpen = true
  return {
    size,
    read: (target, length, position) => readSync(descriptor, target, 0, length, position),
    close: () => {
      if (isOpen) closeSync(descriptor)
      isOpen = false
    },
  }
}

/** What is written at once, and after how many written bytes the disk begins to take them. */
const writtenAtOnce = 1_048_576
const piecesAtOnce = 256
const flushedAtOnce = 8 * 1_048_576

/**
 * Writes pieces to a file while the next ones arrive, and lets the disk take them meanwhile: what
 * `flush` still waits for does not grow with the file.
 *
 * @source bench `upload`
 */
class PieceFile {
  readonly #file: FileHandle
  #pieces: Uint8Array[] = []
  #bytes = 0
  #unflushed = 0
  #written: Promise<void> = Promise.resolve()
  #flushed: Promise<void> | undefined

  constructor(file: FileHandle) {
    this.#file = file
  }

  /** Takes a piece; waits only while the write before the last one is under way. */
  async write(bytes: Uint8Array) {
    this.#pieces.push(bytes)
    this.#bytes += bytes.length
    if (this.#bytes < writtenAtOnce && this.#pieces.length < piecesAtOnce) return
    await this.#written
    this.#writePieces()
    this.#flushSome()
  }

  /** Resolves once all pieces are on disk. */
  async flush() {
    await this.#written
    this.#writePieces()
    await this.#written
    await this.#flushed
    await this.#file.datasync()
  }

  /** Waits until nothing is under way any more, whatever came of it. */
  async settle() {
    await Promise.allSettled([this.#written, this.#flushed])
  }

  #writePieces() {
    const pieces = this.#pieces
    this.#unflushed += this.#bytes
    this.#pieces = []
    this.#bytes = 0
    this.#written = writeAll(this.#file, pieces)
    // Whoever waits for it is told; nobody waits for it after a failure elsewhere.
    this.#written.catch(() => {})
  }

  #flushSome() {
    if (this.#flushed !== undefined || this.#unflushed < flushedAtOnce) return
    this.#unflushed = 0
    this.#flushed = this.#file.datasync()
    this.#flushed.then(
      () => void (this.#flushed = undefined),
      () => {},
    )
  }
}

/** Writes pieces whole: the system may take only a part of them, as when the disk is nearly full. */
async function writeAll(file: FileHandle, pieces: readonly Uint8Array[]) {
  for (let rest = pieces; rest.length > 0;) {
    const { bytesWritten } = await file.writev(rest)
    rest = behind(rest, bytesWritten)
  }
}

function behind(pieces: readonly Uint8Array[], bytes: number): Uint8Array[] {
  let skipped = bytes
  return pieces.flatMap((piece) => {
    const rest = piece.subarray(Math.min(skipped, piece.length))
    skipped -= piece.length - rest.length
    return rest.length > 0 ? [rest] : []
  })
}
