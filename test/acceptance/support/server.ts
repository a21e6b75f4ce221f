import { spawn, type ChildProcess } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { onTestFinished } from 'vitest'
import { waitFor } from './wait.ts'

const root = path.resolve(import.meta.dirname, '../../..')

/** What is run: the built server itself, or the script behind `npm start`. */
const programs = {
  server: [path.join(root, 'dist/main.js')],
  bootstrap: [path.join(root, 'scripts/bootstrap.mjs'), 'start'],
}

export interface Given {
  /** Store directory; absent for a start without `--store`. */
  readonly directory?: string
  /** Settings by their variables, without `SILHOUETTE_`. */
  readonly settings?: Readonly<Record<string, string>>
  /** Flags in place of `--port 0 --store …`. */
  readonly flags?: readonly string[]
  readonly program?: keyof typeof programs
  /** Folder of another build of the server. */
  readonly build?: string | undefined
}

export interface Ended {
  readonly code: number | null
  readonly signal: NodeJS.Signals | null
}

/** A process of the server and what it has written so far. */
export interface ServerProcess {
  readonly pid: number
  readonly ended: Promise<Ended>
  hasEnded(): boolean
  stdout(): string
  stderr(): string
  send(signal: NodeJS.Signals): void
}

export interface Server extends ServerProcess {
  /** Where it listens, without a slash at the end. */
  readonly url: string
  readonly port: number
  /** Ends it with a signal; resolves once the process is gone. */
  stop(signal?: NodeJS.Signals): Promise<Ended>
}

/** Makes a directory that the end of the test removes. */
export function makeDirectory(): string {
  const directory = mkdtempSync(path.join(tmpdir(), 'silhouette-acceptance-'))
  onTestFinished(() => rmSync(directory, { recursive: true, force: true, maxRetries: 5 }))
  return directory
}

/** Starts a process of the server; the end of the test ends it, if nothing else has. */
export function launch({ directory, settings = {}, flags, program = 'server', build }: Given): ServerProcess {
  const store = directory === undefined ? [] : ['--store', `lmdb:${directory}`]
  const files = build === undefined ? programs[program] : [path.join(build, 'main.js')]
  const child = spawn(process.execPath, [...files, ...(flags ?? ['--port', '0', ...store])], {
    cwd: root,
    env: { ...environment(), ...withPrefix(settings) },
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  const ended = new Promise<Ended>((resolve) => {
    child.once('close', (code, signal) => resolve({ code, signal }))
  })
  onTestFinished(async () => {
    if (isRunning(child)) child.kill('SIGKILL')
    await ended
  })
  const stdout = collect(child.stdout)
  const stderr = collect(child.stderr)
  return {
    pid: child.pid ?? 0,
    ended,
    hasEnded: () => !isRunning(child),
    stdout,
    stderr,
    send: (signal) => void child.kill(signal),
  }
}

/** Starts the server and waits until it says where it listens. */
export async function startServer(given: Given): Promise<Server> {
  const server = launch(given)
  const url = await waitFor('the listening line', () => {
    const line = /^listening on (https?:\/\/\S+)\n/m.exec(server.stdout())
    if (line === null && server.hasEnded()) throw new Error(`the server ended: ${server.stderr()}`)
    return line?.[1]
  })
  const stop = (signal: NodeJS.Signals = 'SIGTERM') => {
    server.send(signal)
    return server.ended
  }
  return { ...server, url, port: Number(new URL(url).port), stop }
}

function isRunning(child: ChildProcess): boolean {
  return child.exitCode === null && child.signalCode === null
}

function collect(stream: NodeJS.ReadableStream): () => string {
  let text = ''
  stream.setEncoding('utf8')
  stream.on('data', (piece: string) => (text += piece))
  return () => text
}

/** This process's environment without settings of ours, which would reach the server. */
function environment(): NodeJS.ProcessEnv {
  return Object.fromEntries(Object.entries(process.env).filter(([name]) => !name.startsWith('SILHOUETTE_')))
}

function withPrefix(settings: Readonly<Record<string, string>>): Record<string, string> {
  return Object.fromEntries(Object.entries(settings).map(([name, value]) => [`SILHOUETTE_${name}`, value]))
}
