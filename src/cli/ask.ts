import { createInterface, type Interface } from 'node:readline'
import { Writable } from 'node:stream'
import { Refused, UsageError } from './errors.ts'
import type { Shell } from './shell.ts'

/** Whether somebody sits before the command who can be asked. */
export function canAsk({ stdin, stderr }: Shell): boolean {
  return stdin.isTTY === true && stderr.isTTY === true
}

/**
 * Has somebody confirm what cannot be undone, or what others would feel.
 *
 * @throws UsageError where nobody can be asked; Refused when the answer is no
 */
export async function confirm(shell: Shell, question: string, isGiven: boolean): Promise<void> {
  if (isGiven) return
  if (!canAsk(shell)) throw new UsageError(`${question} Nobody can be asked here.`, 'Give --yes to go on.')
  const answer = await ask(shell, `${question} [y/N] `)
  if (!/^y(es)?$/i.test(answer.trim())) throw new Refused('Nothing was changed.')
}

/** Asks for a line; the question goes to standard error, so that standard output holds results only. */
export function ask(shell: Shell, question: string): Promise<string> {
  return answerOn(shell, shell.stderr, (lines, resolve) => lines.question(question, resolve))
}

/** Asks for a secret, which is not shown while it is typed. */
export async function askSecret(shell: Shell, question: string): Promise<string> {
  const nowhere = new Writable({ write: (_chunk, _encoding, done) => done() })
  const secret = await answerOn(shell, nowhere, (lines, resolve) => {
    // Only now does the terminal no longer show by itself what is typed.
    shell.stderr.write(question)
    lines.question('', resolve)
  })
  shell.stderr.write('\n')
  return secret
}

function answerOn(
  { stdin, signal }: Shell,
  output: NodeJS.WritableStream,
  put: (lines: Interface, resolve: (answer: string) => void) => void,
): Promise<string> {
  const lines = createInterface({ input: stdin, output, terminal: true })
  const answered = new Promise<string>((resolve, reject) => {
    // With a terminal in its hands, readline gets Ctrl-C in place of the process.
    lines.once('SIGINT', () => process.kill(process.pid, 'SIGINT'))
    lines.once('close', () => reject(new Refused('Nothing was changed.')))
    // oxlint-disable-next-line typescript/prefer-promise-reject-errors -- an Interrupted
    signal.addEventListener('abort', () => reject(signal.reason), { once: true })
    put(lines, resolve)
  })
  return answered.finally(() => lines.close())
}
