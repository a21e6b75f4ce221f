// `npm run tour`: shows the product in about a minute, on a temporary store and a free port.
//
// It runs the command line itself and calls the service as a caller would, prints each command before
// what comes of it, and stops at the first thing that does not come as told. Plain JavaScript on Node's
// own modules, so that it needs no more installed than the server.
import { spawn } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { createWriteStream, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { finished } from 'node:stream/promises'
import { fileURLToPath } from 'node:url'

const main = fileURLToPath(new URL('../dist/cli/main.js', import.meta.url))
const isTerminal = process.stdout.isTTY && !process.env.NO_COLOR
const quickRows = 2_000
const fullRows = 500_000
const stopMsMax = 15_000

/**
 * Takes the tour.
 *
 * @param args `--quick` for a small batch
 * @returns    an exit code: 0 when everything came as told
 */
export async function tour(args) {
  const unknown = args.find((arg) => arg !== '--quick')
  if (unknown !== undefined) {
    process.stderr.write(`tour: ${unknown} is no option; there is --quick, for a small batch\n`)
    return 2
  }
  const directory = mkdtempSync(path.join(tmpdir(), 'silhouette-tour-'))
  const guide = new Guide(directory)
  const interrupted = new Promise((resolve) => {
    for (const [signal, code] of Object.entries({ SIGINT: 130, SIGTERM: 143 }))
      process.once(signal, () => resolve(code))
  })
  try {
    return await Promise.race([walk(guide, args.includes('--quick') ? quickRows : fullRows), interrupted])
  } catch (error) {
    process.stderr.write(`\ntour: ${error.message}\n`)
    return 1
  } finally {
    await guide.leave()
    rmSync(directory, { recursive: true, force: true, maxRetries: 5 })
  }
}

async function walk(guide, rows) {
  const startMs = Date.now()
  say('A tour of Silhouette, on a temporary store. Lines with $ are commands that you can give yourself;')
  say('in this clone write npx silhouette for silhouette.')

  guide.title('The service', 'One process, nothing to set up. All it keeps is in one directory.')
  await guide.serve()

  guide.title('A batch', `${rows.toLocaleString('en')} customers, a line each: an id and what to remember.`)
  const file = path.join(guide.directory, 'customers.batch')
  const bytes = await writeBatch(file, rows)
  await guide.shell(
    `head -3 customers.batch    # of ${(bytes / 1_048_576).toFixed(1)} MiB`,
    firstLines(rows, 3),
  )
  guide.note('Accepted means on disk. Rows are applied while others read and write.')
  await guide.command(['batch', 'upload', 'customers.batch', '--wait'])
  const list = await guide.silent(['batch', 'list', '--json'])
  await guide.command(['batch', 'status', JSON.parse(list).batches[0].batchId])

  guide.title('A profile', 'What was uploaded can be read at once, by this API or by Target’s.')
  const id = `customer-${Math.floor(rows / 2)}`
  const address = `${guide.url}/rest/v1/profiles/thirdPartyId/${id}?client=demo`
  await guide.command(['profile', 'get', '--third-party-id', id])
  await guide.call(address, { expected: 200 })

  guide.title('Authentication', 'Until now whoever reaches the port may read. An approver turns that off:')
  await guide.command(['auth', 'on', '--yes'])
  await guide.call(address, { expected: 403 })
  guide.note('Who is to call gets a token. It is good for 90 days, and ends when another is generated.')
  const first = await guide.token()
  await guide.call(address, { token: first, name: 'TOKEN', expected: 200 })

  guide.title(
    'A new token',
    'The old one fails from that moment on. --overlap 24h would leave time to change it.',
  )
  const second = await guide.token('OLD_TOKEN=$TOKEN; ')
  await guide.call(address, { token: first, name: 'OLD_TOKEN', expected: 403 })
  await guide.call(address, { token: second, name: 'TOKEN', expected: 200 })

  guide.title('The end', `It took ${Math.round((Date.now() - startMs) / 1000)} s. The store is removed.`)
  say('npm start           keeps profiles in ./data; the console is at http://127.0.0.1:8080/console/')
  say('npx silhouette      lists all commands; docs/guides has the rest')
  return 0
}

/** Runs what is shown, and prints it. */
class Guide {
  url
  #steps = 0
  #children = new Set()
  #environment

  constructor(directory) {
    this.directory = directory
    // Settings and a login of the person's own must not lead the tour elsewhere.
    const own = Object.entries(process.env).filter(([name]) => !name.startsWith('SILHOUETTE_'))
    this.#environment = {
      ...Object.fromEntries(own),
      HOME: directory,
      XDG_CONFIG_HOME: directory,
      no_proxy: '*',
      SILHOUETTE_API_CLIENT_ID: 'tour',
      SILHOUETTE_API_CLIENT_SECRET: randomBytes(16).toString('hex'),
    }
  }

  title(name, sentence) {
    say('', bold(`${++this.#steps}. ${name}`), `   ${sentence}`)
  }

  note(sentence) {
    say('', `   ${sentence}`)
  }

  /** Starts the server; resolves once it listens. */
  async serve() {
    this.#prompt('silhouette serve --port 0 --store lmdb:store')
    const server = this.#start(
      ['serve', '--port', '0', '--store', 'lmdb:store'],
      ['ignore', 'pipe', 'pipe'],
      {
        SILHOUETTE_LOG_LEVEL: 'warn',
      },
    )
    this.url = await listening(server)
    this.#environment.SILHOUETTE_URL = this.url
    say(`listening on ${this.url}`)
    this.#prompt(`export SILHOUETTE_URL=${this.url}`)
  }

  /** Runs a command that prints for itself, a progress bar where there is a terminal. */
  async command(args) {
    this.#prompt(`silhouette ${args.join(' ')}`)
    const code = await ended(this.#start(args, 'inherit'))
    if (code !== 0) throw new Error(`silhouette ${args.join(' ')} ended with ${code}`)
  }

  /** Runs a command and returns what it prints. */
  async silent(args) {
    const child = this.#start(args, ['ignore', 'pipe', 'inherit'])
    const [text, code] = await Promise.all([textOf(child.stdout), ended(child)])
    if (code !== 0) throw new Error(`silhouette ${args.join(' ')} ended with ${code}`)
    return text
  }

  /** Generates a token, showing no more of it than its beginning. */
  async token(keep = '') {
    this.#prompt(`${keep}TOKEN=$(silhouette token generate --plain); echo "$TOKEN"`)
    const token = (await this.silent(['token', 'generate', '--plain'])).trim()
    say(`${token.slice(0, 13)}…`)
    return token
  }

  async shell(command, text) {
    this.#prompt(command)
    say(text.trimEnd())
  }

  /** Calls the service as curl would. */
  async call(address, { expected, name, token }) {
    const header = token === undefined ? '' : ` -H "Authorization: Bearer $${name}"`
    this.#prompt(`curl -i '${address}'${header}`)
    const headers = token === undefined ? {} : { authorization: `Bearer ${token}` }
    const reply = await fetch(address, { headers })
    const why = reply.headers.get('www-authenticate')
    say(`HTTP/1.1 ${reply.status} ${reply.statusText}`)
    if (why !== null) say(`www-authenticate: ${why}`)
    say(await reply.text())
    if (reply.status !== expected) throw new Error(`the reply is ${reply.status}, not ${expected}`)
  }

  /** Ends what still runs; the server in its own order. */
  async leave() {
    const children = [...this.#children]
    for (const child of children) child.kill('SIGTERM')
    const late = setTimeout(() => children.forEach((child) => child.kill('SIGKILL')), stopMsMax)
    await Promise.all(children.map(ended))
    clearTimeout(late)
  }

  #start(args, stdio, more = {}) {
    const child = spawn(process.execPath, [main, ...args], {
      cwd: this.directory,
      env: { ...this.#environment, ...more },
      stdio,
    })
    this.#children.add(child)
    child.once('exit', () => this.#children.delete(child))
    return child
  }

  #prompt(command) {
    say('', `${bold('$')} ${bold(command)}`)
  }
}

/** Where the server listens. */
function listening(server) {
  return new Promise((resolve, reject) => {
    let printed = ''
    let complaints = ''
    server.stdout.setEncoding('utf8').on('data', (piece) => {
      printed += piece
      const line = /^listening on (\S+)$/m.exec(printed)
      if (line) resolve(line[1])
    })
    server.stderr.setEncoding('utf8').on('data', (piece) => (complaints += piece))
    server.once('exit', (code) => reject(new Error(`the server ended with ${code}: ${complaints}`)))
  })
}

function ended(child) {
  return new Promise((resolve, reject) => {
    if (child.exitCode !== null || child.signalCode !== null) resolve(child.exitCode)
    child.once('error', reject)
    child.once('exit', resolve)
  })
}

async function textOf(stream) {
  let text = ''
  for await (const piece of stream.setEncoding('utf8')) text += piece
  return text
}

const cities = ['Paris', 'Berlin', 'Lisboa', 'K%C3%B8benhavn', 'New+York']
const plans = ['free', 'plus', 'gold']

/** Writes the batch, its ids in no order, as exports come. @returns its length */
async function writeBatch(file, rows) {
  const out = createWriteStream(file)
  out.write(header)
  for (let from = 0; from < rows; from += 10_000) {
    let text = ''
    for (let row = from; row < Math.min(rows, from + 10_000); row++) text += rowText(row, rows)
    if (!out.write(text)) await new Promise((resolve) => out.once('drain', resolve))
  }
  out.end()
  await finished(out)
  return out.bytesWritten
}

const header = 'batch=thirdPartyId,plan,city,visits,lastOrder\n'

function firstLines(rows, count) {
  return header + Array.from({ length: count - 1 }, (_, row) => rowText(row, rows)).join('')
}

/** 7,919 is a prime and divides neither number of rows, so each customer comes once. */
function rowText(row, rows) {
  const customer = (row * 7_919) % rows
  const day = String((customer % 28) + 1).padStart(2, '0')
  const cells = [plans[customer % 3], cities[customer % 5], customer % 97, `2026-11-${day}`]
  return `customer-${customer},${cells.join(',')}\n`
}

function bold(text) {
  return isTerminal ? `\u001b[1m${text}\u001b[22m` : text
}

function say(...lines) {
  process.stdout.write(`${lines.join('\n')}\n`)
}
