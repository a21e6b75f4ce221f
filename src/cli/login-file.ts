import { chmodSync, mkdirSync, readFileSync, renameSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { homedir } from 'node:os'
import path from 'node:path'
import { hasCode } from '../lib/errors.ts'
import { UsageError } from './errors.ts'
import type { Variables } from './shell.ts'

/** What `silhouette login` keeps; its secrets are for this address alone. */
export interface Login {
  readonly url: string
  readonly client: string
  readonly token?: string | undefined
  readonly apiClientId?: string | undefined
  readonly apiClientSecret?: string | undefined
}

/** Where the login is kept. */
export function loginPath(env: Variables): string {
  const given = env['XDG_CONFIG_HOME'] ?? ''
  // The XDG specification has relative ones ignored.
  const base = path.isAbsolute(given) ? given : path.join(env['HOME'] || homedir(), '.config')
  return path.join(base, 'silhouette', 'login.json')
}

/**
 * Reads the login, if there is one.
 *
 * @throws UsageError when others may read or write the file, or when it is no login
 */
export function readLogin(env: Variables): Login | undefined {
  const file = loginPath(env)
  const text = readPrivate(file)
  if (text === undefined) return undefined
  const login = parse(text)
  if (login !== undefined) return login
  throw new UsageError(`${file} holds no login.`, '`silhouette logout` removes it.')
}

/** Keeps a login, readable by its owner alone; the file changes as a whole or not at all. */
export function writeLogin(env: Variables, login: Login): string {
  const file = loginPath(env)
  const fresh = `${file}.${process.pid}`
  mkdirSync(path.dirname(file), { recursive: true, mode: 0o700 })
  rmSync(fresh, { force: true })
  writeFileSync(fresh, `${JSON.stringify(login, undefined, 2)}\n`, { mode: 0o600, flag: 'wx' })
  // The mode above is cut by the umask, which may be anything.
  chmodSync(fresh, 0o600)
  renameSync(fresh, file)
  return file
}

/** Removes the login; tells whether there was one. */
export function removeLogin(env: Variables): boolean {
  try {
    rmSync(loginPath(env))
    return true
  } catch (error) {
    if (hasCode(error, 'ENOENT')) return false
    throw error
  }
}

function readPrivate(file: string): string | undefined {
  try {
    const mode = statSync(file).mode & 0o777
    // Windows has no such modes: there every file is shown as open.
    if (process.platform !== 'win32' && (mode & 0o077) !== 0) throw tooOpen(file, mode)
    return readFileSync(file, 'utf8')
  } catch (error) {
    if (hasCode(error, 'ENOENT')) return undefined
    throw error
  }
}

function tooOpen(file: string, mode: number): UsageError {
  const shown = mode.toString(8).padStart(4, '0')
  return new UsageError(
    `${file} has mode ${shown}: others on this machine may get at the secrets in it.`,
    `chmod 600 ${file}; and if others may have read it, generate the secrets anew.`,
  )
}

function parse(text: string): Login | undefined {
  try {
    const { url, client, ...secrets }: Record<string, unknown> = Object(JSON.parse(text))
    if (typeof url !== 'string' || typeof client !== 'string') return undefined
    const { token, apiClientId, apiClientSecret } = secrets
    const texts = { token, apiClientId, apiClientSecret }
    const given = Object.entries(texts).filter(([, value]) => typeof value === 'string')
    return { url, client, ...Object.fromEntries(given) }
  } catch {
    // SyntaxError: somebody wrote something else there.
    return undefined
  }
}
