import { spawn, type ChildProcess } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'

const children = new Set<ChildProcess>()
const folders = new Set<string>()

/** Time that a process has to end by itself, ms. */
const endsWithinMs = 15_000

process.on('exit', () => {
  for (const child of children) child.kill('SIGKILL')
  for (const folder of folders) rmSync(folder, { recursive: true, force: true })
})
for (const signal of ['SIGINT', 'SIGTERM'] as const) process.on(signal, () => process.exit(130))

/** Makes a temporary folder; the end of this process removes it at the latest. */
export function makeFolder(): string {
  const folder = mkdtempSync(path.join(tmpdir(), 'silhouette-bench-'))
  folders.add(folder)
  return folder
}

export function removeFolder(folder: string) {
  rmSync(folder, { recursive: true, force: true })
  folders.delete(folder)
}

/** Makes sure that no process outlives this one. */
export function keepTrack<Child extends ChildProcess>(child: Child): Child {
  children.add(child)
  child.once('exit', () => children.delete(child))
  return child
}

/** Starts a process and waits for a line on its standard output; what it says on standard error is shown. */
export async function startUntil(
  command: string,
  args: readonly string[],
  given: { readonly says: RegExp; readonly env?: NodeJS.ProcessEnv },
): Promise<{ child: ChildProcess; said: string }> {
  const child = spawn(command, args, { stdio: ['ignore', 'pipe', 'inherit'], env: given.env ?? process.env })
  keepTrack(child)
  const said = await new Promise<string>((resolve, reject) => {
    let text = ''
    child.stdout.setEncoding('utf8').on('data', (piece: string) => {
      text += piece
      const match = given.says.exec(text)
      if (match) resolve(match[1] ?? match[0])
    })
    child.once('error', reject)
    child.once('exit', (code) => reject(new Error(`${path.basename(command)} ended (${code}): ${text}`)))
  })
  return { child, said }
}

/** Ends a process by SIGTERM, by SIGKILL if it takes too long, and waits until it is gone. */
export async function stop(child: ChildProcess) {
  if (child.exitCode !== null || child.signalCode !== null) return
  const gone = new Promise<void>((resolve) => {
    child.once('exit', () => resolve())
  })
  child.kill('SIGTERM')
  const force = setTimeout(() => child.kill('SIGKILL'), endsWithinMs)
  await gone
  clearTimeout(force)
}
