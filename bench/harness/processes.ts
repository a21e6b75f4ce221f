import { spawn, spawnSync, type ChildProcess, type SpawnOptions } from 'node:child_process'
import { connect, createServer } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'

/** How long anything here may take to come about, ms. */
const limitMs = 300_000

/** Waits until a condition holds, looking every ten milliseconds. */
export async function until(condition: () => Promise<boolean>): Promise<void> {
  const endMs = performance.now() + limitMs
  while (!(await condition())) {
    if (performance.now() > endMs) throw new Error('waited in vain')
    await sleep(10)
  }
}

const started = new Set<ChildProcess>()
// A bench that fails leaves nothing running.
process.once('exit', () => started.forEach((child) => child.kill('SIGTERM')))
for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => process.exit(1))

/** Starts a process that ends with the bench at the latest. */
export function start(command: string, args: readonly string[], options: SpawnOptions): ChildProcess {
  const child = spawn(command, args, options)
  started.add(child)
  child.once('exit', () => started.delete(child))
  return child
}

/** What a pattern finds in the output of a process, as soon as it is there. */
export function firstLine(child: ChildProcess, pattern: RegExp): Promise<string> {
  return new Promise((resolve, reject) => {
    let printed = ''
    child.stdout?.on('data', (data: Buffer) => {
      printed += data.toString()
      const found = pattern.exec(printed)?.[1]
      if (found !== undefined) resolve(found)
    })
    child.once('error', reject)
    child.once('exit', (code) => reject(new Error(`${child.spawnfile} ended with ${code}`)))
  })
}

/** Ends a process that was started here, and waits for its end. */
export async function stop(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return
  const ended = new Promise((resolve) => child.once('exit', resolve))
  child.kill('SIGTERM')
  await ended
}

/** A port of the loopback that nothing listened on a moment ago. */
export function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const probe = createServer().once('error', reject)
    probe.listen(0, '127.0.0.1', () => {
      const address = probe.address()
      const port = typeof address === 'object' && address !== null ? address.port : 0
      probe.close(() => resolve(port))
    })
  })
}

export function waitForPort(port: number): Promise<void> {
  return until(
    () =>
      new Promise((resolve) => {
        const socket = connect(port, '127.0.0.1')
        socket.once('connect', () => {
          socket.end()
          resolve(true)
        })
        socket.once('error', () => resolve(false))
      }),
  )
}

/** Runs a program to its end. @throws Error with what it said, unless it ended well */
export function runToEnd(
  command: string,
  args: readonly string[],
  options: { uid?: number; gid?: number } = {},
) {
  const { status, stdout, stderr, error } = spawnSync(command, args, { ...options, encoding: 'utf8' })
  if (status !== 0) throw new Error(`${command} failed: ${error?.message ?? stderr}`)
  return stdout.trim()
}

/** The first line that a program says of its version; `undefined` where it is not installed. */
export function versionOf(command: string): string | undefined {
  const { status, stdout } = spawnSync(command, ['--version'], { encoding: 'utf8' })
  return status === 0 ? stdout.trim().split('\n')[0] : undefined
}
