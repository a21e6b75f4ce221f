import { spawn, type ChildProcess } from 'node:child_process'
import { connect } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'

/** How long anything here may take to come about, ms. */
const limitMs = 120_000

/** Waits until a condition holds, looking every ten milliseconds. */
export async function until(condition: () => Promise<boolean>): Promise<void> {
  const endMs = performance.now() + limitMs
  while (!(await condition())) {
    if (performance.now() > endMs) throw new Error('waited in vain')
    await sleep(10)
  }
}

export function waitForPort(port: number): Promise<void> {
  return until(
    () =>
      new Promise((resolve) => {
        const socket = connect(port, '127.0.0.1')
        socket.on('connect', () => resolve(true)).on('error', () => resolve(false))
        socket.on('connect', () => socket.end())
      }),
  )
}

/** The API credential of every server here. */
const credential = {
  SILHOUETTE_API_CLIENT_ID: 'bench',
  SILHOUETTE_API_CLIENT_SECRET: 'the secret of the bench',
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
  return (await response.json()) as Record<string, unknown>
}

/** Starts the built server on a store of its own and a free port. */
export async function startServer(directory: string): Promise<{ server: ChildProcess; url: string }> {
  const main = fileURLToPath(new URL('../dist/main.js', import.meta.url))
  const args = [main, '--port', '0', '--store', `lmdb:${directory}`, '--log-level', 'error']
  const env = { ...process.env, ...credential }
  const server = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'inherit'], env })
  const url = await new Promise<string>((resolve, reject) => {
    let printed = ''
    server.stdout?.on('data', (data: Buffer) => {
      printed += data.toString()
      const line = /^listening on (\S+)\n/m.exec(printed)
      if (line?.[1] !== undefined) resolve(line[1])
    })
    server.once('exit', (code) => reject(new Error(`the server ended with ${code}`)))
  })
  return { server, url }
}

export async function stop(child: ChildProcess): Promise<void> {
  const ended = new Promise((resolve) => child.once('exit', resolve))
  child.kill('SIGTERM')
  await ended
}

export function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b)
  return sorted[Math.floor(sorted.length / 2)] ?? Number.NaN
}
