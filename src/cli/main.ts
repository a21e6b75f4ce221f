import { exitCodes, failureOf, Interrupted } from './errors.ts'
import { Print } from './print.ts'
import { buildProgram } from './program.ts'
import { onceStdin, type Shell } from './shell.ts'

await main()

/** Runs the command line of this process; the code that it ends with tells what came of it. */
async function main() {
  const { env, stdin, stdout, stderr } = process
  const interrupt = new AbortController()
  const shell: Shell = {
    env,
    stdin,
    stdout,
    stderr,
    signal: interrupt.signal,
    takeStdin: onceStdin(stdin),
    catchInterrupts: () => void process.on('SIGINT', () => interruptOnce(interrupt)),
  }
  for (const stream of [stdout, stderr]) stream.on('error', endQuietly)
  const argv = process.argv.slice(2)
  try {
    await buildProgram(shell).parseAsync(argv, { from: 'user' })
  } catch (error) {
    const failure = failureOf(error)
    if (failure === undefined) return
    new Print(shell, wantsJson(argv)).failure(failure)
    process.exitCode = failure.exitCode
  }
}

/** The first Ctrl-C lets the command end its calls; a second one ends the process at once. */
function interruptOnce(interrupt: AbortController) {
  if (interrupt.signal.aborted) process.exit(exitCodes.interrupted)
  process.exitCode = exitCodes.interrupted
  interrupt.abort(new Interrupted())
}

/** Whoever read what is printed has enough, as `head` does. */
function endQuietly(error: NodeJS.ErrnoException) {
  if (error.code !== 'EPIPE') throw error
  process.exit()
}

/** Also known when the rest of the command line cannot be understood. */
function wantsJson(argv: readonly string[]): boolean {
  const end = argv.indexOf('--')
  return argv.slice(0, end < 0 ? undefined : end).includes('--json')
}
