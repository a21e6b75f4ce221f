import { spawn } from 'node:child_process'
import path from 'node:path'
import { onTestFinished } from 'vitest'
import { makeDirectory, startServer, type Server } from './server.ts'

/** The command line as it was built. */
export const commandFile = path.resolve(import.meta.dirname, '../../../dist/cli/main.js')

/** The API credential of every server that `startWithCommand` starts: a system admin's. */
export const credential = {
  SILHOUETTE_API_CLIENT_ID: 'first',
  SILHOUETTE_API_CLIENT_SECRET: 'a secret of the test',
}

/** A command that ended. */
export interface Ran {
  readonly code: number | null
  readonly stdout: string
  readonly stderr: string
}

export interface Surroundings {
  /** Variables besides the person's own. */
  readonly env?: Readonly<Record<string, string>>
  /** Text on standard input; nothing unless given. */
  readonly stdin?: string
}

/** Runs commands of one person, whose home is a directory of its own. */
export class Person {
  readonly home = makeDirectory()
  /** What this person's commands find in their environment. */
  readonly env: Readonly<Record<string, string>>

  constructor(env: Readonly<Record<string, string>> = {}) {
    this.env = { PATH: process.env['PATH'] ?? '', HOME: this.home, no_proxy: '*', ...env }
  }

  /** Runs `silhouette` with these arguments and waits for its end. */
  run(args: readonly string[], { env = {}, stdin = '' }: Surroundings = {}): Promise<Ran> {
    const child = spawn(process.execPath, [commandFile, ...args], {
      cwd: this.home,
      env: { ...this.env, ...env },
    })
    onTestFinished(() => void child.kill('SIGKILL'))
    const written = { stdout: '', stderr: '' }
    for (const name of ['stdout', 'stderr'] as const)
      child[name].setEncoding('utf8').on('data', (piece: string) => (written[name] += piece))
    // A command that reads nothing may be gone before its input is written.
    child.stdin.on('error', () => {})
    child.stdin.end(stdin)
    return new Promise((resolve, reject) => {
      child.once('error', reject)
      child.once('close', (code) => resolve({ code, ...written }))
    })
  }

  /** Runs `silhouette … --json`, which must succeed, and reads what it prints. */
  async json<Document>(args: readonly string[], surroundings: Surroundings = {}): Promise<Document> {
    const { code, stdout, stderr } = await this.run([...args, '--json'], surroundings)
    if (code !== 0) throw new Error(`silhouette ${args.join(' ')} ended with ${code}: ${stderr}`)
    return JSON.parse(stdout)
  }
}

/** A server on a store of its own, and somebody who administers it by the command line. */
export async function startWithCommand(
  settings: Readonly<Record<string, string>> = {},
): Promise<{ server: Server; admin: Person; directory: string }> {
  const directory = makeDirectory()
  const server = await startServer({
    directory,
    settings: {
      API_CLIENT_ID: credential.SILHOUETTE_API_CLIENT_ID,
      API_CLIENT_SECRET: credential.SILHOUETTE_API_CLIENT_SECRET,
      ...settings,
    },
  })
  return { server, admin: new Person({ SILHOUETTE_URL: server.url, ...credential }), directory }
}
