import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import { firstLine, start, stop } from './processes.ts'

/** A peer that is no server: it takes orders by standard input, a line of JSON each. */
export interface PeerProgram {
  readonly ask: (order: object) => Promise<unknown>
  readonly stop: () => Promise<void>
}

/** Starts a program of `bench/peers/`, which says `ready` and then answers each order by a line of JSON. */
export async function startPeerProgram(name: string, ...args: string[]): Promise<PeerProgram> {
  const file = fileURLToPath(new URL(`../peers/${name}.mjs`, import.meta.url))
  const child = start(process.execPath, [file, ...args], { stdio: ['pipe', 'pipe', 'inherit'] })
  const { stdin, stdout } = child
  if (stdin === null || stdout === null) throw new Error(`${name} has no pipes`)
  await firstLine(child, /^(ready)\n/m)
  const lines = createInterface({ input: stdout })[Symbol.asyncIterator]()
  const ask = async (order: object): Promise<unknown> => {
    stdin.write(`${JSON.stringify(order)}\n`)
    const { value, done } = await lines.next()
    if (done === true) throw new Error(`${name} ended early`)
    return JSON.parse(value)
  }
  return { ask, stop: () => stop(child) }
}
