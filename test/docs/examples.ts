import { execFile } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { promisify } from 'node:util'
import { onTestFinished } from 'vitest'

/** One command of a page, and the reply that the page shows behind it. */
export interface Example {
  /** From the root of the repository. */
  readonly page: string
  /** Of the command's first line, from 1. */
  readonly line: number
  readonly command: string
  readonly reply: string | undefined
}

interface Block {
  readonly language: string
  readonly line: number
  readonly text: string
}

const root = path.resolve(import.meta.dirname, '../..')

/** Lists the `sh` blocks of a page that call curl or `silhouette`, each with the reply behind it. */
export function readExamples(page: string): Example[] {
  const blocks = readBlocks(readFileSync(path.join(root, page), 'utf8'))
  return blocks.flatMap(({ language, line, text }, index) => {
    if (language !== 'sh' || !/^\s*(curl|silhouette)\b/m.test(text)) return []
    const next = blocks[index + 1]
    const reply = next && ['xml', 'json', 'text'].includes(next.language) ? next.text : undefined
    return [{ page, line, command: text, reply }]
  })
}

function readBlocks(markdown: string): Block[] {
  const blocks: Block[] = []
  let open: { language: string; line: number; lines: string[] } | undefined
  for (const [index, line] of markdown.split('\n').entries()) {
    const fence = /^```(\w*)$/.exec(line)
    if (fence === null) open?.lines.push(line)
    else if (open === undefined) open = { language: fence[1] ?? '', line: index + 2, lines: [] }
    else {
      blocks.push({ language: open.language, line: open.line, text: open.lines.join('\n') })
      open = undefined
    }
  }
  return blocks
}

/** The address that pages write; the application under test listens on another port. */
const writtenAddress = '127.0.0.1:8080'

/** What differs from run to run; a page shows one of each for all. */
const madeUp: Readonly<Record<string, RegExp>> = {
  batch: /[a-z0-9-]+-\d{13}-\d{8}/,
  uuid: /[\da-f]{8}(?:-[\da-f]{4}){3}-[\da-f]{12}/,
  tntId: /(?<![\da-f])[\da-f]{32}(?![\da-f])/,
  time: /\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}(?:\+00:00|Z)/,
  milliseconds: /(?<!\d)\d{13}(?!\d)/,
  token: /slh_[0-9A-Za-z]{8}_[0-9A-Za-z]{38}/,
  accessToken: /eyJ[\w-]+\.[\w-]+\.[\w-]+/,
}

const anyMadeUp = new RegExp(
  Object.entries(madeUp)
    .map(([kind, pattern]) => `(?<${kind}>${pattern.source})`)
    .join('|'),
  'g',
)

/** A home of its own for each reader, removed when the test ends. */
function makeHome(): string {
  const home = mkdtempSync(path.join(tmpdir(), 'silhouette-reader-'))
  onTestFinished(() => rmSync(home, { recursive: true }))
  const command = `#!/bin/sh\nexec '${process.execPath}' '${path.join(root, 'dist/cli/main.js')}' "$@"\n`
  writeFileSync(path.join(home, 'silhouette'), command, { mode: 0o755 })
  return home
}

/**
 * Runs the commands of one page in order, as a reader does who replaces the ids shown by those that
 * came back.
 */
export class Reader {
  readonly #port: number
  /** Holds the reader's login, and `silhouette` as an installed package has it. */
  readonly #home: string
  readonly #variables: Readonly<Record<string, string>>
  /** Id that the page shows → the one that came back. */
  readonly #ids = new Map<string, string>()

  /** @param variables what the page asks the reader to have at hand */
  constructor(port: number, variables: Readonly<Record<string, string>>) {
    this.#port = port
    this.#variables = variables
    this.#home = makeHome()
  }

  /** Runs a command in a shell; returns what it prints, with the page's own address in it. */
  async run({ command, reply = '' }: Example): Promise<string> {
    let text = command.replaceAll(writtenAddress, `127.0.0.1:${this.#port}`)
    for (const [shown, actual] of this.#ids) text = text.replaceAll(shown, actual)
    const { stdout } = await promisify(execFile)('sh', ['-ec', text], {
      cwd: root,
      env: {
        ...process.env,
        no_proxy: '*',
        PATH: `${this.#home}:${process.env['PATH']}`,
        HOME: this.#home,
        SILHOUETTE_URL: `http://127.0.0.1:${this.#port}`,
        ...this.#variables,
      },
      timeout: 20_000,
    })
    const printed = stdout.trimEnd().replaceAll(`127.0.0.1:${this.#port}`, writtenAddress)
    const actual = printed.match(anyMadeUp) ?? []
    for (const [index, shown] of (reply.match(anyMadeUp) ?? []).entries()) {
      this.#ids.set(shown, actual[index] ?? shown)
    }
    return printed
  }
}

/** A reply with everything that differs from run to run replaced by the name of its kind. */
export function withoutMadeUp(reply: string): string {
  return reply.replaceAll(anyMadeUp, (...groups) => {
    const kinds: unknown = groups.at(-1)
    const kind = Object.entries(Object(kinds)).find(([, text]) => text !== undefined)?.[0]
    return `<${kind}>`
  })
}
