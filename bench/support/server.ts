import type { ChildProcess } from 'node:child_process'
import { createReadStream, existsSync, readFileSync, statSync } from 'node:fs'
import { Agent, request } from 'node:http'
import path from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { makeFolder, removeFolder, startUntil, stop } from './processes.ts'

const main = path.resolve(import.meta.dirname, '../../dist/main.js')

/** How often a batch is asked whether it is complete, ms, and how long it may take. */
const askEveryMs = 10
const completeWithinMs = 300_000

/** The built server as a process of its own, on a free port and an empty store. */
export interface Server {
  readonly url: string
  readonly pid: number
  /** Ends it and removes the store. */
  close(): Promise<void>
}

export async function startServer(nodeFlags: readonly string[] = []): Promise<Server> {
  const folder = makeFolder()
  const env = Object.fromEntries(Object.entries(process.env).filter(([name]) => !name.startsWith('SILHOUETTE_')))
  const args = [...nodeFlags, main, '--port', '0', '--log-level', 'warn', '--store', `lmdb:${folder}/store`]
  const { child, said } = await startUntil(process.execPath, args, { says: /^listening on (\S+)\n/m, env })
  const close = async () => {
    await stop(child)
    removeFolder(folder)
  }
  return { url: said, pid: pidOf(child), close }
}

export function pidOf(child: ChildProcess): number {
  if (child.pid === undefined) throw new Error('the process has no id')
  return child.pid
}

const agent = new Agent({ keepAlive: true, maxSockets: 16 })

/** Sends a request over a connection that stays open. */
export function call(
  url: string,
  { method = 'GET', headers = {}, file }: { method?: string; headers?: Record<string, string>; file?: string } = {},
): Promise<{ status: number; text: string }> {
  return new Promise((resolve, reject) => {
    const sent = request(url, { method, headers, agent }, (response) => {
      let text = ''
      response.setEncoding('utf8').on('data', (piece: string) => (text += piece))
      response.on('end', () => resolve({ status: response.statusCode ?? 0, text }))
      response.on('error', reject)
    })
    sent.on('error', reject)
    if (file === undefined) sent.end()
    else createReadStream(file, { highWaterMark: 262_144 }).on('error', reject).pipe(sent)
  })
}

/** How one upload went; times in seconds. */
export interface Applied {
  readonly uploadSeconds: number
  /** From the reply until the status is `complete`. */
  readonly applySeconds: number
  readonly counts: Readonly<Record<string, number>>
}

/** Uploads a file as a stream and waits until the batch is complete. */
export async function applyFile(url: string, file: string, onAccepted = () => {}): Promise<Applied> {
  const startMs = performance.now()
  const headers = { accept: 'application/json', 'content-length': String(statSync(file).size) }
  const reply = await call(`${url}/m2/demo/v2/profile/batchUpdate`, { method: 'POST', headers, file })
  const acceptedMs = performance.now()
  if (reply.status !== 200) throw new Error(`the upload was answered ${reply.status}: ${reply.text}`)
  onAccepted()
  const { batchStatus } = JSON.parse(reply.text) as { batchStatus: string }
  for (;;) {
    const { text } = await call(`${batchStatus}&showDetails=true`, { headers: { accept: 'application/json' } })
    const { status, ...counts } = JSON.parse(text) as { status: string } & Record<string, number>
    const nowMs = performance.now()
    if (status === 'complete') {
      return { uploadSeconds: (acceptedMs - startMs) / 1000, applySeconds: (nowMs - acceptedMs) / 1000, counts }
    }
    if (nowMs - acceptedMs > completeWithinMs) throw new Error(`the batch is still ${status}: ${text}`)
    await sleep(askEveryMs)
  }
}

/** Fetches profiles' attributes by thirdPartyId, without `firstSessionStart`. */
export async function fetchFacts(
  url: string,
  ids: readonly string[],
): Promise<[string, Record<string, string>][]> {
  return Promise.all(
    ids.map(async (id): Promise<[string, Record<string, string>]> => {
      const { status, text } = await call(`${url}/rest/v1/profiles/thirdPartyId/${id}?client=demo`)
      if (status !== 200) throw new Error(`the fetch of ${id} was answered ${status}: ${text}`)
      const { profileAttributes } = JSON.parse(text) as { profileAttributes: Record<string, { value: string }> }
      const values = Object.entries(profileAttributes).map(([name, { value }]) => [name, value] as const)
      return [id, Object.fromEntries(values.filter(([name]) => name !== 'firstSessionStart'))]
    }),
  )
}

/** Anonymous memory of a process in MiB; `undefined` where the system does not tell it. */
export function anonymousMib(pid: number): number | undefined {
  const file = `/proc/${pid}/status`
  if (!existsSync(file)) return undefined
  const kib = /^RssAnon:\s+(\d+) kB$/m.exec(readFileSync(file, 'utf8'))?.[1]
  return kib === undefined ? undefined : Number(kib) / 1024
}
