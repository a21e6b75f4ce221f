import { spawn } from 'node:child_process'
import { fileURLToPath } from 'node:url'

/** What one run of a load came to. */
export interface Load {
  readonly perSecond: number
  /** Milliseconds by percentile: 50, 90, 99, 99.9. */
  readonly latencyMs: Readonly<Record<'50' | '90' | '99' | '99.9', number>>
}

interface Order {
  readonly url: string
  /** Called in turns by each connection. */
  readonly paths: readonly string[]
  readonly connections: number
  readonly seconds: number
  readonly headers?: Readonly<Record<string, string>>
}

/** Calls a service in a closed loop from a process of its own. @throws Error when a call fails */
export async function load(order: Order): Promise<Load> {
  const file = fileURLToPath(new URL('load.mjs', import.meta.url))
  const child = spawn(process.execPath, [file], { stdio: ['pipe', 'pipe', 'inherit'] })
  child.stdin.end(JSON.stringify(order))
  let printed = ''
  for await (const data of child.stdout) printed += String(data)
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- written by load.mjs beside this file
  const result = JSON.parse(printed) as Load & { readonly failed: number }
  if (result.failed > 0) throw new Error(`${order.url}: ${result.failed} calls failed`)
  return result
}
