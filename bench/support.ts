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

/** Starts the built server on a store of its own and a free port. */
export async function startServer(directory: string): Promise<{ server: ChildProcess; url: string }> {
  const main = fileURLToPath(new URL('../dist/main.js', import.meta.url))
  const args = [main, '--port', '0', '--store', `lmdb:${directory}`, '--log-level', 'error']
  const server = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'inherit'] })
  const url = await new Promise<string>((resolve, reject) => {
    server.stdout?.once('data', (data: Buffer) =>
      resolve(data.toString().replace('listening on ', '').trim()),
    )
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
