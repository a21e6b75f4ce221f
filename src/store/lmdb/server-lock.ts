import { readFileSync } from 'node:fs'
import { hostname } from 'node:os'
import { hasCode } from '../../lib/errors.ts'
import { getJson, toJson, type Environment } from './environment.ts'

/** Who serves a store directory. */
export interface Holder {
  readonly pid: number
  readonly host: string
  /** When the process began, in ticks since boot, where the system tells; tells a reused pid apart. */
  readonly startedTicks: string | undefined
}

const key = Buffer.from('server')

/**
 * Makes this process the one server of a store directory.
 *
 * The record is written in a write transaction, so of two that start at once one loses. A holder
 * that is gone, however it ended, is replaced.
 *
 * @returns a function that gives the directory free
 * @throws  Error naming the process that holds it
 */
export function lockForServer(environment: Environment): () => Promise<void> {
  const own = describe(process.pid)
  environment.root.transactionSync(() => {
    const holder = getJson<Holder>(environment.meta, key)
    if (holder && isAlive(holder)) {
      throw new Error(
        `the store in ${environment.directory} is in use by process ${holder.pid}; ` +
          'stop that one first, or give this one another directory',
      )
    }
    void environment.meta.put(key, toJson(own))
  })
  // Queued behind every write under way, so that none is left when the environment closes.
  return () => environment.write(() => void environment.meta.remove(key))
}

/** The process that serves the directory, or that did and ended without giving it free. */
export function readServer({ meta }: Environment): { holder: Holder; isAlive: boolean } | undefined {
  const holder = getJson<Holder>(meta, key)
  return holder && { holder, isAlive: isAlive(holder) }
}

/** Takes the server's mark away from a directory that nobody serves. */
export function forgetServer({ root, meta }: Environment) {
  root.transactionSync(() => void meta.remove(key))
}

function describe(pid: number): Holder {
  return { pid, host: hostname(), startedTicks: startedTicks(pid) }
}

function isAlive(holder: Holder): boolean {
  // LMDB does not work across machines: another host name is this machine's earlier one (a container).
  if (holder.host !== hostname()) return false
  try {
    process.kill(holder.pid, 0)
  } catch (error) {
    if (!hasCode(error, 'EPERM')) return false
  }
  return holder.startedTicks === startedTicks(holder.pid)
}

/** Field 22 of /proc/PID/stat on Linux; `undefined` elsewhere. The name before it may hold blanks. */
function startedTicks(pid: number): string | undefined {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8')
    return stat.slice(stat.lastIndexOf(')') + 2).split(' ')[19]
  } catch {
    return undefined
  }
}
