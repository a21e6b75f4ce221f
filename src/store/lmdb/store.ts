import type { Store } from '../store.ts'
import { freeClaims, LmdbBatches } from './batches.ts'
import { lmdbDocuments } from './documents.ts'
import { closeEnvironment, openEnvironment, type OpenAs } from './environment.ts'
import { lmdbProfiles } from './profiles.ts'
import { measureSpace } from './space.ts'
import { lockForServer } from './server-lock.ts'
import { lmdbSpool } from './spool.ts'
import { LmdbTransfer } from './transfer.ts'

/**
 * Opens the embedded store in a directory, creating it unless it is opened to read.
 *
 * @throws Error that says what is wrong with the directory, or which process serves it
 */
export async function openLmdbStore(directory: string, options: OpenAs): Promise<Store> {
  const environment = openEnvironment(directory, options)
  let unlock: (() => Promise<void>) | undefined
  const close = async () => {
    await unlock?.()
    await closeEnvironment(environment)
  }
  try {
    if (options.as === 'server') {
      unlock = lockForServer(environment)
      freeClaims(environment)
    }
    const spool = await lmdbSpool(directory, options)
    const batches = new LmdbBatches(environment)
    let closed: Promise<void> | undefined
    return {
      profiles: lmdbProfiles(environment),
      documents: lmdbDocuments(environment, options),
      batches,
      spool,
      transfer: new LmdbTransfer(environment, batches, spool),
      space: () => measureSpace(directory),
      close: () => (closed ??= close()),
    }
  } catch (error) {
    await close()
    throw error
  }
}
