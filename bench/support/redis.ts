import { spawn, spawnSync } from 'node:child_process'
import { openSync, closeSync } from 'node:fs'
import { createServer } from 'node:net'
import { names } from './rows.ts'
import { keepTrack, makeFolder, removeFolder, startUntil, stop } from './processes.ts'

/** A Redis of our own, on a free port and an empty folder. */
export interface Redis {
  /** Loads a file of commands; returns seconds from the start of `redis-cli --pipe` to its end. */
  load(file: string): Promise<number>
  /** Hashes as they stand. */
  facts(ids: readonly string[]): Promise<[string, Record<string, string>][]>
  /** Keys, and how many of them expire. */
  keys(): Promise<{ keys: number; expires: number }>
  close(): Promise<void>
}

/** The version of the Redis installed here; `undefined` when there is none. */
export function redisVersion(): string | undefined {
  const found = spawnSync('redis-server', ['--version'], { encoding: 'utf8' })
  const hasCli = spawnSync('redis-cli', ['--version']).status === 0
  return found.status === 0 && hasCli ? /v=(\S+)/.exec(found.stdout)?.[1] : undefined
}

/** What Redis is told beside port and folder: nothing acknowledged is older on disk than a second. */
export const redisSettings = {
  appendonly: 'yes',
  appendfsync: 'everysec',
  save: '',
  'auto-aof-rewrite-percentage': '0',
} as const

export async function startRedis(): Promise<Redis> {
  const dir = makeFolder()
  const port = String(await freePort())
  const settings = { port, bind: '127.0.0.1', dir, daemonize: 'no', ...redisSettings }
  const args = Object.entries(settings).flatMap(([name, value]) => [`--${name}`, value])
  const { child } = await startUntil('redis-server', args, { says: /Ready to accept connections/ })
  const cli = (words: readonly string[], from: { file?: string; text?: string } = {}) =>
    runCli(['-h', '127.0.0.1', '-p', port, ...words], from)
  return {
    load: async (file) => {
      const startMs = performance.now()
      const said = await cli(['--pipe'], { file })
      const seconds = (performance.now() - startMs) / 1000
      if (!said.includes('errors: 0,')) throw new Error(`redis-cli --pipe: ${said}`)
      return seconds
    },
    facts: async (ids) => {
      const text = ids.map((id) => `HMGET ${id} ${names.join(' ')}\n`).join('')
      const lines = (await cli([], { text })).split('\n')
      return ids.map((id, at) => {
        const values = names.map((name, column) => [name, lines[at * names.length + column] ?? ''] as const)
        return [id, Object.fromEntries(values)]
      })
    },
    keys: async () => {
      const [, keys, expires] = /keys=(\d+),expires=(\d+)/.exec(await cli(['INFO', 'keyspace'])) ?? []
      return { keys: Number(keys), expires: Number(expires) }
    },
    close: async () => {
      await stop(child)
      removeFolder(dir)
    },
  }
}

async function runCli(args: readonly string[], { file, text }: { file?: string; text?: string }): Promise<string> {
  const input = file === undefined ? undefined : openSync(file, 'r')
  const child = keepTrack(spawn('redis-cli', args, { stdio: [input ?? 'pipe', 'pipe', 'inherit'] }))
  if (input !== undefined) closeSync(input)
  child.stdin?.end(text ?? '')
  let said = ''
  child.stdout?.setEncoding('utf8').on('data', (piece: string) => (said += piece))
  const code = await new Promise((resolve) => {
    child.once('close', resolve)
  })
  if (code !== 0) throw new Error(`redis-cli ended with ${String(code)}: ${said}`)
  return said
}

function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = createServer().once('error', reject)
    server.listen(0, '127.0.0.1', () => {
      const address = server.address()
      const port = typeof address === 'object' && address !== null ? address.port : 0
      server.close(() => resolve(port))
    })
  })
}
