import { Option, type Command } from 'commander'
import { Silhouette, type ApiCredential } from '#client'
import { durationForms, durationSeconds } from './duration.ts'
import { UsageError } from './errors.ts'
import { readLogin, type Login } from './login-file.ts'
import { readShort, type Shell } from './shell.ts'
import { packageVersion } from '../lib/version.ts'

/** Options by which a command reaches the service; what is left out comes from variables, then the login. */
export interface ConnectionOptions {
  readonly url?: string
  readonly client?: string
  readonly token?: string
  readonly apiClientId?: string
  readonly apiClientSecret?: string
  /** Seconds. */
  readonly timeout?: number
}

/** Where the service is, as which client it is called, and with which secrets. */
export interface Connection {
  readonly url: string
  readonly client: string
  readonly token: string | undefined
  readonly credential: ApiCredential | undefined
  readonly timeoutMs: number | undefined
}

export const urlDefault = 'http://127.0.0.1:8080'
export const clientDefault = 'demo'

const group = 'Connection:'

/** Adds the options of the connection; they are the same everywhere. */
export function addConnection(command: Command): Command {
  const options = [
    new Option('--url <address>', `address of the service (SILHOUETTE_URL; default: ${urlDefault})`),
    new Option('--client <code>', `code of the client (SILHOUETTE_CLIENT; default: ${clientDefault})`),
    new Option('--token <token>', 'profile authentication token, - for standard input (SILHOUETTE_TOKEN)'),
    new Option('--api-client-id <id>', 'client id of the API credential (SILHOUETTE_API_CLIENT_ID)'),
    new Option(
      '--api-client-secret <secret>',
      'its secret, - for standard input (SILHOUETTE_API_CLIENT_SECRET)',
    ),
    new Option(
      '--timeout <time>',
      `limit of each call, as in ${durationForms} (SILHOUETTE_TIMEOUT; default: 30s, transfers 10m)`,
    ).argParser(durationSeconds),
  ]
  for (const option of options) command.addOption(option.helpGroup(group))
  return command
}

/**
 * Finds out how to reach the service: flags, then variables, then the login.
 *
 * The secrets of the login go to its own address only, and its token to its own client only: a typing
 * error in `--url` must not hand them to somebody else.
 */
export async function resolveConnection(shell: Shell, options: ConnectionOptions): Promise<Connection> {
  const { env } = shell
  const login = readLogin(env)
  const url = checkedUrl(options.url ?? (env['SILHOUETTE_URL'] || login?.url) ?? urlDefault)
  const own = login !== undefined && isSameAddress(login.url, url) ? login : undefined
  const client = options.client ?? (env['SILHOUETTE_CLIENT'] || own?.client) ?? clientDefault
  const ownToken = own?.client === client ? own.token : undefined
  return {
    url,
    client: checkedName('--client', client),
    token: sendable(
      'token',
      (await secretOf(shell, '--token', options.token)) ?? (env['SILHOUETTE_TOKEN'] || ownToken),
    ),
    credential: await credentialOf(shell, options, own),
    timeoutMs: timeoutMsOf(options.timeout, env['SILHOUETTE_TIMEOUT']),
  }
}

/** The service as the connection says; its list of callers names the command line. */
export function connect(connection: Connection): Silhouette {
  return new Silhouette({ ...connection, fetch: fetchNamed })
}

const fetchNamed: typeof globalThis.fetch = (input, init) => {
  const headers = new Headers(init?.headers)
  headers.set('user-agent', `silhouette/${packageVersion()}`)
  return fetch(input, { ...init, headers })
}

/** Refuses texts that cannot be a part of an address. @throws UsageError */
export function checkedName(what: string, text: string): string {
  if (!['', '.', '..'].includes(text)) return text
  throw new UsageError(`${what} must not be "${text}".`)
}

async function credentialOf(
  shell: Shell,
  options: ConnectionOptions,
  login: Login | undefined,
): Promise<ApiCredential | undefined> {
  const { env } = shell
  const givenId = options.apiClientId ?? (env['SILHOUETTE_API_CLIENT_ID'] || undefined)
  const clientId = sendable('client id', givenId ?? login?.apiClientId)
  const clientSecret =
    (await secretOf(shell, '--api-client-secret', options.apiClientSecret)) ??
    // The stored secret belongs to the stored id.
    (env['SILHOUETTE_API_CLIENT_SECRET'] ||
      (clientId === login?.apiClientId ? login?.apiClientSecret : undefined))
  if (clientId !== undefined && clientSecret !== undefined) return { clientId, clientSecret }
  if (clientId === undefined && clientSecret === undefined) return undefined
  const [missing, given] = clientId === undefined ? ['ID', 'SECRET'] : ['SECRET', 'ID']
  throw new UsageError(`SILHOUETTE_API_CLIENT_${missing} must be given where the ${given.toLowerCase()} is.`)
}

async function secretOf(shell: Shell, flag: string, given: string | undefined): Promise<string | undefined> {
  const secret = given === '-' ? await readShort(shell, flag) : given
  if (secret === '') throw new UsageError(`${flag} is empty.`)
  return secret
}

/** Refuses what no header can hold; nothing of it is shown, because it may be a secret. */
function sendable(what: string, text: string | undefined): string | undefined {
  if (text === undefined || /^[\x21-\x7e]+$/.test(text)) return text
  throw new UsageError(`The ${what} holds blanks or characters that it cannot have.`)
}

function checkedUrl(text: string): string {
  const url = URL.canParse(text) ? new URL(text) : undefined
  if (url !== undefined && /^https?:$/.test(url.protocol)) return text
  throw new UsageError(
    `"${text}" is no address of a service.`,
    'Give --url as http://HOST:PORT or https://HOST.',
  )
}

function isSameAddress(one: string, other: string): boolean {
  return new URL(one).href.replace(/\/+$/, '') === new URL(other).href.replace(/\/+$/, '')
}

function timeoutMsOf(given: number | undefined, variable: string | undefined): number | undefined {
  const seconds = given ?? (variable ? variableSeconds(variable) : undefined)
  return seconds === undefined ? undefined : seconds * 1000
}

function variableSeconds(text: string): number {
  try {
    return durationSeconds(text)
  } catch {
    throw new UsageError(`SILHOUETTE_TIMEOUT must be as in ${durationForms}, not "${text}".`)
  }
}
