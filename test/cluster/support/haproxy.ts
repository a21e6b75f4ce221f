import { spawn } from 'node:child_process'
import { readFileSync, writeFileSync } from 'node:fs'
import { createConnection, createServer } from 'node:net'
import path from 'node:path'
import { onTestFinished } from 'vitest'
import { makeDirectory } from '../../acceptance/support/server.ts'
import { waitFor } from '../../acceptance/support/wait.ts'

const sample = path.resolve(import.meta.dirname, '../../../deploy/cluster/haproxy.cfg')

/** A port of 127.0.0.1 at which nothing listens just now. */
export function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = createServer().listen(0, '127.0.0.1', () => {
      const address = server.address()
      server.close(() => resolve(typeof address === 'object' && address !== null ? address.port : 0))
    })
    server.on('error', reject)
  })
}

/** HAProxy with the sample of `deploy/cluster`, in which nothing but addresses is changed. */
export interface Proxy {
  readonly url: string
  /** Waits until it sends requests to a node, 1 and up. */
  sends(node: number): Promise<void>
}

export async function startHaproxy(nodePorts: readonly number[]): Promise<Proxy> {
  const port = await freePort()
  const directory = makeDirectory()
  const socket = path.join(directory, 'stats')
  const file = path.join(directory, 'haproxy.cfg')
  writeFileSync(file, substituted(port, nodePorts, socket))
  const env = { ...process.env, PATH: `${process.env['PATH']}:/usr/sbin` }
  const child = spawn('haproxy', ['-db', '-f', file], { env, stdio: ['ignore', 'ignore', 'pipe'] })
  const ended = new Promise<void>((resolve) => child.once('close', () => resolve()))
  let told = ''
  child.stderr.on('data', (piece: Buffer) => (told += piece.toString()))
  child.once('error', (error) => (told += `needs HAProxy (Debian: haproxy): ${error.message}`))
  onTestFinished(async () => {
    child.kill('SIGKILL')
    await ended
  })
  const sends = (node: number) =>
    waitFor(`HAProxy to send requests to node ${node}`, async () => {
      if (child.exitCode !== null) throw new Error(`HAProxy ended: ${told}`)
      const stats = await ask(socket, 'show stat').catch(() => '')
      return new RegExp(`^nodes,node${node},(?:[^,]*,){15}UP,`, 'm').test(stats) ? true : undefined
    })
  for (const node of nodePorts.keys()) await sends(node + 1)
  return { url: `http://127.0.0.1:${port}`, sends: async (node) => void (await sends(node)) }
}

function substituted(port: number, nodePorts: readonly number[], socket: string): string {
  const replaced = (text: string, from: string, to: string) => {
    if (!text.includes(from)) throw new Error(`the sample of HAProxy has no ${from}`)
    return text.replace(from, to)
  }
  let text = replaced(readFileSync(sample, 'utf8'), 'bind :8080', `bind 127.0.0.1:${port}`)
  text = replaced(text, 'global\n', `global\n  stats socket ${socket}\n`)
  for (const [node, nodePort] of nodePorts.entries())
    text = replaced(text, `silhouette${node + 1}:8080`, `127.0.0.1:${nodePort}`)
  // The same nodes once more, for when none is ready.
  for (const [node, nodePort] of nodePorts.entries())
    text = replaced(text, `silhouette${node + 1}:8080`, `127.0.0.1:${nodePort}`)
  return text
}

function ask(socket: string, command: string): Promise<string> {
  return new Promise((resolve, reject) => {
    let answer = ''
    const connection = createConnection(socket, () => connection.write(`${command}\n`))
    connection.on('data', (piece: Buffer) => (answer += piece.toString()))
    connection.on('end', () => resolve(answer))
    connection.on('error', reject)
  })
}
