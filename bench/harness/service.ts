import type { ChildProcess } from 'node:child_process'
import { createHash } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { request } from 'node:http'
import { text } from 'node:stream/consumers'
import { fileURLToPath } from 'node:url'
import { firstLine, start, stop, until } from './processes.ts'

/** A running service under test, ours or a peer. */
export interface Running {
  readonly process: ChildProcess
  readonly url: string
  readonly stop: () => Promise<void>
}

/** The API credential of every server here, and the key that nodes of one cluster share. */
const credential = {
  SILHOUETTE_SECRET_KEY: 'the key of the nodes of the bench, which is long enough',
  SILHOUETTE_API_CLIENT_ID: 'bench',
  SILHOUETTE_API_CLIENT_SECRET: 'the secret of the bench',
}

/** Starts the built server on a store directory and a free port. */
export function startSilhouette(directory: string, flags: readonly string[] = []): Promise<Running> {
  return startOn(`lmdb:${directory}`, flags)
}

/** Starts the built server on a store and a free port. */
export function startOn(store: string, flags: readonly string[] = []): Promise<Running> {
  const main = fileURLToPath(new URL('../../dist/main.js', import.meta.url))
  const args = [main, '--port', '0', '--store', store, '--log-level', 'error', ...flags]
  return run(args, /^listening on (\S+)\n/m)
}

/** Starts one of `bench/peers/`, which prints its address. */
export function startPeer(name: string, ...args: string[]): Promise<Running> {
  const file = fileURLToPath(new URL(`../peers/${name}.mjs`, import.meta.url))
  return run([file, ...args], /^(http\S+)\n/m)
}

async function run(args: readonly string[], address: RegExp): Promise<Running> {
  const env = { ...process.env, ...credential, NODE_ENV: 'production' }
  const child = start(process.execPath, args, { stdio: ['ignore', 'pipe', 'inherit'], env })
  return { process: child, url: await firstLine(child, address), stop: () => stop(child) }
}

/** Where a profile is read and updated, in each service. */
export const places = {
  silhouette: {
    fetch: (id: string) => `/rest/v1/profiles/thirdPartyId/${id}?client=demo`,
    update: (id: string, set: string) => `/m2/demo/profile/update?mbox3rdPartyId=${id}&${set}`,
  },
  peer: {
    fetch: (id: string) => `/profiles/${id}`,
    update: (id: string, set: string) => `/update?id=${id}&${set}`,
  },
}

/** A batch file and how many rows it has. */
export interface BatchFile {
  readonly file: string
  readonly rows: number
}

/** Milliseconds of a bulk update: until it is accepted, and until every row is applied. */
export async function timeBatch(
  url: string,
  batch: BatchFile,
): Promise<{ uploadMs: number; totalMs: number }> {
  const startedMs = performance.now()
  const status = await upload(url, batch)
  const uploadMs = performance.now() - startedMs
  await untilComplete(status, batch)
  return { uploadMs, totalMs: performance.now() - startedMs }
}

/**
 * Sends a batch; returns the address of its status.
 *
 * As one buffer over a plain connection: `fetch` with a `Blob` takes up to 200 ms for 50 MB, whoever
 * receives them, and would measure the sender.
 */
export async function upload(
  url: string,
  { file }: BatchFile,
  body: Buffer = readFileSync(file),
): Promise<string> {
  const reply = await post(`${url}/m2/demo/v2/profile/batchUpdate`, body)
  const status = /<batchStatus>(.*)<\/batchStatus>/.exec(reply)?.[1]
  if (status === undefined) throw new Error(`the batch was not accepted: ${reply}`)
  return status
}

function post(url: string, body: Buffer): Promise<string> {
  return new Promise((resolve, reject) => {
    const sent = request(url, { method: 'POST', headers: { 'content-length': body.length } })
    sent.once('response', (response) => void text(response).then(resolve, reject)).once('error', reject)
    sent.end(body)
  })
}

/** @throws Error unless every row was applied */
export async function untilComplete(status: string, { rows }: BatchFile): Promise<void> {
  await until(async () => (await (await fetch(status)).text()).includes('<status>complete<'))
  const details = await (await fetch(`${status}&showDetails=true`)).text()
  if (!details.includes(`<successfulUpdates>${rows}<`)) throw new Error(`rows are missing: ${details}`)
}

/**
 * A digest of what a service holds under some ids, read through its own fetch.
 *
 * Two services with the same digest hold the same attributes.
 */
export async function checksum(url: string, place: (id: string) => string, ids: readonly string[]) {
  const profiles: [string, Record<string, unknown>][] = []
  for (const id of ids) {
    const reply = await fetch(url + place(id))
    // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- the shape is our own and the peers'
    const { profileAttributes } = (await reply.json()) as { profileAttributes: Record<string, unknown> }
    profiles.push([id, profileAttributes])
  }
  return digest(profiles)
}

/** A digest of attributes by id: texts, or as a fetch gives them. */
export function digest(profiles: readonly (readonly [string, Readonly<Record<string, unknown>>])[]): string {
  const hash = createHash('sha256')
  for (const [id, attributes] of profiles) {
    const facts = Object.entries(attributes)
      .filter(([name]) => name !== 'firstSessionStart')
      .map(([name, value]) => [name, typeof value === 'object' ? Reflect.get(Object(value), 'value') : value])
      .toSorted(([a], [b]) => (String(a) < String(b) ? -1 : 1))
    hash.update(JSON.stringify([id, facts]))
  }
  return hash.digest('hex').slice(0, 16)
}

/** Makes a client demand a token, and generates one. */
export async function requireToken(url: string, client: string): Promise<string> {
  const grant = new URLSearchParams({
    client_id: credential.SILHOUETTE_API_CLIENT_ID,
    client_secret: credential.SILHOUETTE_API_CLIENT_SECRET,
    grant_type: 'client_credentials',
  })
  const access = await json(await fetch(`${url}/ims/token/v3`, { method: 'POST', body: grant }))
  const headers = {
    authorization: `Bearer ${String(access['access_token'])}`,
    'x-api-key': credential.SILHOUETTE_API_CLIENT_ID,
    'content-type': 'application/json',
  }
  const admin = `${url}/${client}/target`
  const settings = JSON.stringify({ enableProfileApiAuthentication: true })
  await json(await fetch(`${admin}/clients/settings`, { method: 'PATCH', headers, body: settings }))
  const address = `${admin}/authentication/token?authorizationScope=profile_api`
  const token = await json(await fetch(address, { method: 'POST', headers, body: '{}' }))
  return String(token['accessToken'])
}

async function json(response: Response): Promise<Record<string, unknown>> {
  if (!response.ok) throw new Error(`${response.url} was answered ${response.status}`)
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- read member by member
  return (await response.json()) as Record<string, unknown>
}

/** Anonymous memory of a process, in bytes: what it really takes, without the map of the store. */
export function anonymousBytes(pid: number): number {
  const line = /^RssAnon:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))
  return Number(line?.[1]) * 1024
}

/** Processor time that a process has had, in ms. */
export function cpuMs(pid: number): number {
  // Behind the name, which may hold anything: utime and stime, in ticks of 10 ms.
  const [, rest = ''] = /\) (.*)/.exec(readFileSync(`/proc/${pid}/stat`, 'utf8')) ?? []
  const [user, system] = rest.split(' ').slice(11, 13)
  return (Number(user) + Number(system)) * 10
}
