import { spawn, spawnSync } from 'node:child_process'
import { chownSync, createReadStream, existsSync, mkdirSync, readdirSync } from 'node:fs'
import path from 'node:path'
import { freePort, runToEnd, start, stop, until, versionOf, waitForPort } from './processes.ts'
import type { Report } from './report.ts'

/** A database server that the bench started in its own folder. */
export interface Database {
  readonly port: number
  readonly stop: () => Promise<void>
}

/** Says what is missing, once, so that a table without its peer explains itself. */
export function tellDatabases(report: Report): void {
  report.say(`\n${redisVersion() ?? 'no Redis'}; ${postgresVersion() ?? 'no PostgreSQL'}.`)
  const missing: string[] = []
  if (!redisVersion()) missing.push('Redis (Debian: redis-server, redis-tools)')
  if (!postgresVersion()) missing.push('PostgreSQL (Debian: postgresql)')
  for (const one of missing) report.say(`\nNot compared, because it is not installed: ${one}.`)
}

export function redisVersion(): string | undefined {
  return versionOf('redis-server') && versionOf('redis-cli')
}

/** @param fsync when Redis flushes its log: `always` is what "durable when acknowledged" takes */
export async function startRedis(directory: string, fsync: 'everysec' | 'always'): Promise<Database> {
  mkdirSync(directory, { recursive: true })
  const port = await freePort()
  const place = ['--port', String(port), '--bind', '127.0.0.1', '--dir', directory]
  // No snapshots, and its log is not rewritten while it is measured.
  const durability = [
    '--appendonly',
    'yes',
    '--appendfsync',
    fsync,
    '--save',
    '',
    '--auto-aof-rewrite-percentage',
    '0',
  ]
  const server = start('redis-server', [...place, ...durability], { stdio: 'ignore' })
  await waitForPort(port)
  return { port, stop: () => stop(server) }
}

/** Milliseconds that `redis-cli --pipe` takes for a file of commands. */
export async function timeRedisPipe(port: number, commands: string): Promise<number> {
  const startedMs = performance.now()
  const pipe = spawn('redis-cli', ['-p', String(port), '--pipe'], { stdio: ['pipe', 'ignore', 'inherit'] })
  createReadStream(commands).pipe(pipe.stdin)
  await new Promise((resolve) => pipe.once('exit', resolve))
  return performance.now() - startedMs
}

export function redisSize(port: number): number {
  return Number(runToEnd('redis-cli', ['-p', String(port), 'DBSIZE']))
}

export function postgresVersion(): string | undefined {
  return versionOf(postgresProgram('postgres'))
}

/** Debian keeps the server's programs out of the path. */
function postgresProgram(name: string): string {
  const root = '/usr/lib/postgresql'
  const versions = existsSync(root) ? readdirSync(root).toSorted((a, b) => Number(b) - Number(a)) : []
  const [newest] = versions
  return newest === undefined ? name : path.join(root, newest, 'bin', name)
}

/** Durable as it comes: `fsync` and `synchronous_commit` are on. Memory as an engineer would set it. */
export async function startPostgres(directory: string): Promise<Database> {
  mkdirSync(directory, { recursive: true })
  const owner = unprivileged()
  if (owner.uid !== undefined && owner.gid !== undefined) chownSync(directory, owner.uid, owner.gid)
  const data = path.join(directory, 'data')
  runToEnd(
    postgresProgram('initdb'),
    ['-D', data, '-U', 'bench', '-A', 'trust', '-E', 'UTF8', '--locale=C'],
    owner,
  )
  const port = await freePort()
  const settings = {
    port,
    listen_addresses: '127.0.0.1',
    unix_socket_directories: '',
    shared_buffers: '1GB',
    max_wal_size: '8GB',
    work_mem: '64MB',
  }
  const flags = Object.entries(settings).flatMap(([name, value]) => ['-c', `${name}=${value}`])
  const server = start(postgresProgram('postgres'), ['-D', data, ...flags], { ...owner, stdio: 'ignore' })
  const place = ['-h', '127.0.0.1', '-p', String(port)]
  await until(async () => spawnSync(postgresProgram('pg_isready'), place).status === 0)
  runToEnd(postgresProgram('createdb'), [...place, '-U', 'bench', 'bench'])
  return { port, stop: () => stop(server) }
}

/** PostgreSQL refuses to run as root: its own user, whom the package created, runs it then. */
function unprivileged(): { uid?: number; gid?: number } {
  if (process.getuid?.() !== 0) return {}
  const id = (what: string) => Number(spawnSync('id', [what, 'postgres'], { encoding: 'utf8' }).stdout)
  return { uid: id('-u'), gid: id('-g') }
}
