import { execFile, spawn } from 'node:child_process'
import { once } from 'node:events'
import { createServer } from 'node:net'
import path from 'node:path'
import { promisify } from 'node:util'
import { describe, expect, it, onTestFinished } from 'vitest'
import { credential, Person, startWithCommand } from './support/command.ts'
import { waitFor } from './support/wait.ts'

/** An address at which nothing listens: port 1 is nobody's. */
const nowhere = 'http://127.0.0.1:1'

describe('exit codes', () => {
  it('ends with 0 when done, with 1 when the service refuses', async () => {
    const { admin } = await startWithCommand()

    const done = await admin.run(['client', 'list'])
    const refused = await admin.run(['client', 'list'], {
      env: { SILHOUETTE_API_CLIENT_SECRET: 'another secret' },
    })

    expect(done).toMatchObject({ code: 0, stderr: '' })
    expect(done.stdout).toMatch(/^CODE +NAME +IMS ORG\ndemo +demo +DEMO@AdobeOrg\n$/)
    expect(refused).toMatchObject({ code: 1, stdout: '' })
    expect(refused.stderr).toMatch(/^silhouette: .+\n.*`silhouette login`.*\n$/)
  })

  it.each([
    [['clint', 'list'], /Unknown command 'clint'\.\n\(Did you mean client\?\)/],
    [['client', 'lits'], /Did you mean list\?/],
    [['client', 'list', '--jsno'], /Unknown option '--jsno'\.\n\(Did you mean --json\?\)/],
    [['client', 'list', 'demo', 'more'], /Too many arguments/],
    [['client', 'list', '--timeout', '30'], /Give a whole number and its unit, as in 30s/],
    [['client', 'list', '--url', 'localhost:8080'], /"localhost:8080" is no address of a service/],
    [['client', 'list', '--client', ''], /--client must not be ""/],
    [['client', 'list'], /needs an API credential.\nStore it by `silhouette login`/],
    [['client', 'list', '--api-client-id', 'first'], /SECRET must be given where the id is/],
    [['client', 'list', '--token', 'slh 1'], /The token holds blanks/],
    [['client', 'list', '--token', '-'], /--token is empty/],
    [['client'], /^Usage: silhouette client/],
  ])('ends with 2 for %j and says what is wrong', async (args, expected) => {
    const { code, stdout, stderr } = await new Person().run(args)

    expect({ code, stdout }).toEqual({ code: 2, stdout: '' })
    expect(stderr).toMatch(expected)
    expect(stderr).not.toMatch(/\n\s+at /)
  })

  it('ends with 2 when two options want standard input', async () => {
    const args = ['client', 'list', '--token', '-', '--api-client-id', 'first', '--api-client-secret', '-']

    const { code, stderr } = await new Person().run(args, { stdin: 'slh_1\n' })

    expect(code).toBe(2)
    expect(stderr).toContain('--token and --api-client-secret cannot both read standard input')
  })

  it('ends with 3 when nothing answers, and says where it looked', async () => {
    const person = new Person({ SILHOUETTE_URL: nowhere, ...credential })

    const { code, stdout, stderr } = await person.run(['client', 'list'])

    expect({ code, stdout }).toEqual({ code: 3, stdout: '' })
    expect(stderr).toContain(nowhere)
    expect(stderr).toContain('silhouette serve')
  })

  it('tells errors in JSON, with the exit code and what to do', async () => {
    const person = new Person({ SILHOUETTE_URL: nowhere, ...credential })

    const { code, stdout, stderr } = await person.run(['client', 'list', '--json'])

    expect({ code, stdout }).toEqual({ code: 3, stdout: '' })
    expect(JSON.parse(stderr)).toEqual({
      error: {
        code: 'not_reachable',
        message: expect.stringContaining(nowhere),
        hint: expect.stringContaining('--url'),
        exitCode: 3,
      },
    })
  })
})

const main = path.resolve(import.meta.dirname, '../../dist/cli/main.js')

/** Starts something that takes connections and never answers. */
async function startMute(): Promise<{ url: string; called: Promise<unknown> }> {
  const server = createServer((socket) => socket.on('error', () => {}))
  onTestFinished(() => void server.close())
  await once(server.listen(0, '127.0.0.1'), 'listening')
  const address = server.address()
  const port = typeof address === 'object' ? address?.port : undefined
  return { url: `http://127.0.0.1:${port}`, called: once(server, 'connection') }
}

it('ends with 130 by Ctrl-C while it waits for an answer, and says nothing', async () => {
  const { url, called } = await startMute()
  const env = { PATH: process.env['PATH'], SILHOUETTE_URL: url }
  const child = spawn(process.execPath, [main, 'profile', 'get', '--tnt-id', 'a1'], { env })
  let written = ''
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (piece) => (written += String(piece)))
  await called

  child.kill('SIGINT')
  const [code] = await once(child, 'close')

  expect({ code, written }).toEqual({ code: 130, written: '' })
})

it('ends with 3 when no answer comes within --timeout', async () => {
  const { url } = await startMute()

  const { code, stderr } = await new Person({ SILHOUETTE_URL: url }).run([
    'profile',
    'get',
    '--tnt-id',
    'a1',
    '--timeout',
    '1s',
  ])

  expect({ code, stderr }).toEqual({ code: 3, stderr: expect.stringContaining('within the time limit') })
})

it('is quiet when whoever reads what it prints has enough', async () => {
  const command = `"${process.execPath}" "${main}" --help | head -n 1`

  const { stdout, stderr } = await promisify(execFile)('sh', ['-c', command])

  expect({ stdout, stderr }).toEqual({ stdout: 'Usage: silhouette [options] [command]\n', stderr: '' })
})

describe('on a terminal', () => {
  /** Runs a command in a pseudo-terminal, typing each answer once its question stands there. */
  async function type(person: Person, command: string, answers: readonly [string, string][]) {
    const line = `"${process.execPath}" "${main}" ${command}`
    const child = spawn('script', ['-qec', line, '/dev/null'], { env: { ...person.env, NO_COLOR: '1' } })
    onTestFinished(() => void child.kill('SIGKILL'))
    let screen = ''
    const left = [...answers]
    child.stdout.on('data', (piece) => {
      screen += String(piece)
      const [next] = left
      if (next === undefined || !screen.includes(next[0])) return
      left.shift()
      child.stdin.write(next[1])
    })
    const [code] = await once(child, 'close')
    return { code, screen }
  }

  it('asks before a client is deleted, and deletes nothing without a yes', async () => {
    const { admin } = await startWithCommand()
    await admin.run(['client', 'create', 'shop'])

    const no = await type(admin, 'client delete shop', [['[y/N]', '\r']])
    const kept = await admin.run(['client', 'show', 'shop'])
    const interrupted = await type(admin, 'client delete shop', [['[y/N]', '\u0003']])
    const yes = await type(admin, 'client delete shop', [['[y/N]', 'y\r']])
    const gone = await admin.run(['client', 'show', 'shop'])

    expect(no).toMatchObject({ code: 1, screen: expect.stringContaining('Nothing was changed.') })
    expect(kept.code).toBe(0)
    expect(interrupted.code).toBe(130)
    expect(yes).toMatchObject({ code: 0, screen: expect.stringContaining('Deleted client shop.') })
    expect(gone.code).toBe(1)
  })

  it('asks for the API credential at login, and does not show the secret', async () => {
    const { server } = await startWithCommand()
    const person = new Person({ SILHOUETTE_URL: server.url })
    const secret = credential.SILHOUETTE_API_CLIENT_SECRET

    const { code, screen } = await type(person, 'login', [
      ['Client id: ', 'first\r'],
      ['Client secret: ', `${secret}\r`],
    ])
    const listed = await person.run(['client', 'list'])

    expect({ code, screen }).toEqual({ code: 0, screen: expect.stringContaining('Stored the login') })
    expect(screen).not.toContain(secret)
    expect(listed.code).toBe(0)
  })
})

it('serves by npx in the clone, and ends with it', async () => {
  const root = path.resolve(import.meta.dirname, '../..')
  const { npm_execpath: npm = 'npm', PATH, HOME } = process.env
  const [command, ...first] = npm.endsWith('.js') ? [process.execPath, npm] : ['npm']
  const args = [...first, 'exec', '--', 'silhouette', 'serve', '--port', '0', '--store', 'memory:']
  const npx = spawn(command ?? '', args, { cwd: root, env: { PATH, HOME } })
  onTestFinished(() => void npx.kill('SIGKILL'))
  let printed = ''
  npx.stdout.on('data', (piece) => (printed += String(piece)))
  const url = await waitFor('the listening line', () => /^listening on (\S+)$/m.exec(printed)?.[1])

  npx.kill('SIGTERM')
  await once(npx, 'exit')

  const isGone = () =>
    fetch(`${url}/livez`).then(
      () => undefined,
      () => true,
    )
  expect(await waitFor('the server to be gone', isGone)).toBe(true)
})
