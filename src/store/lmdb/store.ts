import type { Store } from '../store.ts'
import { freeClaims, LmdbBatches } from './batches.ts'
import { lmdbDocuments } from './documents.ts'
import { openEnvironment, type Environment } from './environment.ts'
import { lmdbProfiles } from './profiles.ts'
import { measureSpace } from './space.ts'
import { lockForServer } from './server-lock.ts'
import { lmdbSpool } from './spool.ts'

export interface LmdbOptions {
  /**
   * `server` takes the directory for itself and frees what a crash left held; `attached` works
   * beside the server, as its worker thread and the tools do.
   */
  readonly as: 'server' | 'attached'
}

/**
 * Opens the embedded store in a directory, creating it (mode 0700) when it is not there.
 *
 * @throws Error that says what is wrong with the directory, or which process serves it
 */
export async function openLmdbStore(directory: string, options: LmdbOptions): Promise<Store> {
  const environment = openEnvironment(directory)
  const isServer = options.as === 'server'
  let unlock: (() => Promise<void>) | undefined
  try {
    if (isServer) {
      unlock = lockForServer(environment)
      freeClaims(environment)
    }
    const spool = await lmdbSpool(directory, { isServer })
    let closed: Promise<void> | undefined
    return {
      profiles: lmdbProfiles(environment),
      documents: lmdbDocuments(environment),
      batches: new LmdbBatches(environment),
      spool,
      space: () => measureSpace(directory),
      close: () => (closed ??= closeEnvironment(environment, unlock)),
    }
  } catch (error) {
    await closeEnvironment(environment, unlock)
    throw error
  }
}

async function closeEnvironment(environment: Environment, unlock: (() => Promise<void>) | undefined) {
  await unlock?.()
  await environment.root.close()
}
