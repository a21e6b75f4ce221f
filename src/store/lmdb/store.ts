import type { Store } from '../store.ts'
import { lmdbBatches } from './batches.ts'
import { lmdbDocuments } from './documents.ts'
import { openEnvironment, type Environment } from './environment.ts'
import { lmdbProfiles } from './profiles.ts'
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
  let unlock = () => {}
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
      batches: lmdbBatches(environment),
      spool,
      close: () => (closed ??= closeEnvironment(environment, unlock)),
    }
  } catch (error) {
    await environment.root.close()
    throw error
  }
}

/** Nobody else serves this directory, so whoever held a batch is gone. */
function freeClaims({ root, queue }: Environment) {
  root.transactionSync(() => {
    for (const { key, value } of Array.from(queue.getRange({}))) {
      const { holder: _, ...queued } = JSON.parse(value.toString()) as { holder?: string }
      void queue.put(key, Buffer.from(JSON.stringify({ ...queued, untilMs: 0 })))
    }
  })
}

async function closeEnvironment(environment: Environment, unlock: () => void) {
  unlock()
  await environment.root.close()
}
