import { closeSync, fstatSync, openSync, readSync } from 'node:fs'
import { mkdir, open, readdir, rename, rm, stat } from 'node:fs/promises'
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
      return {
        write: (bytes) => onDisk(async () => void (await file.writev([bytes]))),
        close: () =>
          onDisk(async () => {
            await file.datasync()
            await file.close()
            await rename(part, fileOf(name))
            await syncFolder(folder)
          }),
        discard: async () => {
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
