import { createHash } from 'node:crypto'
import { chmodSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:http'
import path from 'node:path'
import { open } from 'lmdb'
import { expect, it, onTestFinished } from 'vitest'
import { selfSigned } from '../support/certificate.ts'
import { completed, upload, visit } from './support/calls.ts'
import { Person, startWithCommand } from './support/command.ts'
import { makeDirectory } from './support/server.ts'

interface Finding {
  readonly check: string
  readonly level: 'ok' | 'warning' | 'problem'
  readonly text: string
  readonly todo?: string
}

/** A port at which nothing listens. */
const noPort = ['--port', '1']

async function examine(directory: string, flags: readonly string[], env: Record<string, string> = {}) {
  const args = ['doctor', '--json', '--store', `lmdb:${directory}`, ...flags]
  const { code, stdout } = await new Person().run(args, { env })
  const { findings } = JSON.parse(stdout) as { findings: readonly Finding[] }
  return { code, findings, problems: findings.filter(({ level }) => level === 'problem') }
}

/** Starts a server, has it write something of each kind, and stops it. */
async function makeStore(): Promise<string> {
  const { server, directory } = await startWithCommand()
  await visit(server.url, { thirdPartyId: 'ada', tntId: 'a1' }, { color: 'teal' })
  await completed(server.url, await upload(server.url, 'batch=thirdPartyId,tier\nlin,gold\nbob,%zz\n'))
  await server.stop()
  return directory
}

/** Names and contents of all files, LMDB's own table of readers excepted. */
function contentOf(directory: string): Record<string, string> {
  const names = readdirSync(directory, { recursive: true, encoding: 'utf8' }).toSorted()
  const files = names.filter((name) => !['lock.mdb', 'spool'].includes(name))
  return Object.fromEntries(
    files.map((name) => [
      name,
      createHash('sha256')
        .update(readFileSync(path.join(directory, name)))
        .digest('hex'),
    ]),
  )
}

it('0 finds nothing wrong with a server in good order, and names its process', async () => {
  const { server, directory } = await startWithCommand()
  await visit(server.url, { thirdPartyId: 'ada' }, { color: 'teal' })

  const { code, findings } = await examine(directory, ['--port', String(server.port)])

  expect(findings.filter(({ level }) => level !== 'ok')).toEqual([])
  expect(code).toBe(0)
  expect(findings.at(-1)).toEqual({
    check: 'server',
    level: 'ok',
    text: `http://127.0.0.1:${server.port} is ready: process ${server.pid}`,
  })
})

it('changes nothing, and makes nothing where there is no store', async () => {
  const directory = await makeStore()
  const nothing = path.join(makeDirectory(), 'none')
  const before = contentOf(directory)

  const [found, none] = await Promise.all([examine(directory, noPort), examine(nothing, noPort)])

  expect(found.problems).toEqual([])
  expect(found.findings.find(({ check }) => check === 'store')?.text).toMatch(
    /2 profiles; all \d+ records can be read/,
  )
  expect(contentOf(directory)).toEqual(before)
  expect(none.code).toBe(0)
  expect(none.findings.find(({ check }) => check === 'store')?.text).toContain('there is none')
  expect(readdirSync(path.dirname(nothing))).toEqual([])
})

it('1 tells of damaged records, wide rights, a lost secret key and a write of the future', async () => {
  const directory = await makeStore()
  await damage(directory)
  chmodSync(path.join(directory, 'data.mdb'), 0o644)
  rmSync(path.join(directory, 'secret-key'))

  const { code, problems } = await examine(directory, noPort)

  expect(code).toBe(1)
  expect(problems.map(({ check }) => check)).toEqual(['store', 'rights', 'clock', 'secret key'])
  expect(problems[0]?.text).toMatch(
    /^2 of \d+ records are damaged: profiles, record \d+ .*leads to no profile/,
  )
  expect(problems.filter(({ todo }) => todo === undefined)).toEqual([])
  // Whoever the records are of is not told.
  expect(JSON.stringify(problems)).not.toMatch(/ada|lin/)
})

/** Takes ada's profile from under its link, cuts lin's short, and adds one written next year. */
async function damage(directory: string) {
  const root = open<Buffer, Buffer>({
    path: directory,
    noSubdir: false,
    maxDbs: 16,
    keyEncoding: 'binary',
    encoding: 'binary',
  })
  const profiles = root.openDB<Buffer, Buffer>({
    name: 'profiles',
    keyEncoding: 'binary',
    encoding: 'binary',
  })
  const all = Array.from(profiles.getRange({}))
  const valueOf = (id: string) => all.find(({ key }) => key.toString('utf8', 5) === id)
  const [ada, lin] = [valueOf('ada'), valueOf('lin')]
  if (!ada || !lin) throw new Error('the store lacks what the test wrote')
  const nextYear = Buffer.from(lin.value)
  nextYear.writeUIntBE(Date.now() + 365 * 86_400_000, 1, 6)
  await profiles.put(Buffer.concat([lin.key, Buffer.from('later')]), nextYear)
  await profiles.put(lin.key, lin.value.subarray(0, -1))
  await profiles.remove(ada.key)
  await root.close()
}

it('1 tells of a client that strangers reach, and of one that authentication shuts off', async () => {
  const { admin, directory, server } = await startWithCommand()
  const flags = ['--port', String(server.port), '--host', '0.0.0.0']

  const reached = await examine(directory, flags)
  await admin.run(['auth', 'on', '--yes'])
  const shut = await examine(directory, flags)
  await admin.run(['token', 'generate', '--expires-in', '2d'])
  const ending = await examine(directory, flags)

  expect(reached.problems).toMatchObject([
    { check: 'clients', text: expect.stringMatching(/^demo: no authent/) },
  ])
  expect(shut.problems).toMatchObject([
    { check: 'tokens', text: expect.stringContaining('no token is valid') },
  ])
  expect(ending.problems).toMatchObject([
    { check: 'tokens', text: 'the profile_api token ends soon: demo (2.0 days)' },
  ])
})

it('1 tells of a batch whose upload is gone, without telling what was in it', async () => {
  const { server, directory } = await startWithCommand({ CHECKPOINT_ROWS: '1' })
  const rows = Array.from({ length: 20_000 }, (_, row) => `v${row},x`)
  const batchId = await upload(server.url, `batch=thirdPartyId,tier\n${rows.join('\n')}\n`)
  await server.stop('SIGKILL')
  rmSync(path.join(directory, 'spool', batchId))

  const { findings, problems } = await examine(directory, noPort)

  expect(problems).toMatchObject([{ check: 'batches', text: expect.stringContaining(batchId) }])
  expect(findings.filter(({ check }) => check === 'batches')[1]?.text).toMatch(/^1 incomplete, \d+ rows/)
  expect(findings.at(-1)?.text).toBe('none runs; the last one ended without closing, which loses nothing')
})

it('1 tells of another program at the port, and of a server that does not answer', async () => {
  const directory = await makeStore()
  const { server, directory: served } = await startWithCommand()
  const other = createServer((_, response) => response.end('hello'))
  await new Promise<void>((resolve) => other.listen(0, '127.0.0.1', resolve))
  onTestFinished(() => void other.close())
  const address = other.address()
  const port = String(typeof address === 'object' ? address?.port : 0)

  const taken = await examine(directory, ['--port', port])
  const silent = await examine(served, noPort)

  expect(taken.problems).toMatchObject([
    { check: 'server', text: expect.stringContaining('no server has this store') },
  ])
  expect(silent.problems).toMatchObject([
    { check: 'server', text: expect.stringContaining(`process ${server.pid} serves the store, but`) },
  ])
})

it('1 tells of a certificate that ends soon and of one that cannot be used', async () => {
  const directory = makeDirectory()
  const nothing = makeDirectory()
  const { cert, key } = selfSigned({ name: 'localhost', expiresAtMs: Date.now() + 5 * 86_400_000 })
  const files = {
    SILHOUETTE_TLS_CERT: path.join(directory, 'cert'),
    SILHOUETTE_TLS_KEY: path.join(directory, 'key'),
  }
  writeFileSync(files.SILHOUETTE_TLS_CERT, cert)
  writeFileSync(files.SILHOUETTE_TLS_KEY, key)
  chmodSync(files.SILHOUETTE_TLS_KEY, 0o644)

  const ending = await examine(nothing, noPort, files)
  const broken = await examine(nothing, noPort, { ...files, SILHOUETTE_TLS_KEY: files.SILHOUETTE_TLS_CERT })

  expect(ending.problems).toMatchObject([
    { check: 'certificate', text: expect.stringMatching(/^it ends in \d/) },
  ])
  expect(ending.findings.find(({ level }) => level === 'warning')?.todo).toContain('chmod 600')
  expect(broken.problems).toMatchObject([{ check: 'certificate' }])
})

it('1 tells of all settings that are faulty; 2 refuses a flag that is none', async () => {
  const nothing = makeDirectory()

  const faulty = await examine(nothing, [], { SILHOUETTE_PORT: 'x', SILHOUETTE_PROT: '1' })
  const slip = await new Person().run(['doctor', '--prot', '1'])

  expect(faulty.problems.map(({ text }) => text)).toEqual([
    'SILHOUETTE_PROT is no setting; did you mean SILHOUETTE_PORT?',
    expect.stringContaining('SILHOUETTE_PORT must be a whole number'),
  ])
  expect([faulty.code, slip.code]).toEqual([1, 2])
  expect(slip.stderr).toContain('did you mean --port?')
})
