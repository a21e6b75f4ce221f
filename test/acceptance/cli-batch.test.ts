import { spawn } from 'node:child_process'
import { readdirSync, readFileSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { gzipSync } from 'node:zlib'
import { describe, expect, it, onTestFinished } from 'vitest'
import { credential, Person, startWithCommand } from './support/command.ts'

interface Document {
  readonly batches: readonly {
    readonly batchId: string
    readonly part: number
    readonly rows: number
    readonly firstLine: number
    readonly lastLine: number
    readonly status?: string
    readonly created?: number
    readonly failedUpdates?: number
  }[]
  readonly rejectedRows: number
}

const main = path.resolve(import.meta.dirname, '../../dist/cli/main.js')

/** Runs the command in a pseudo-terminal, whose text comes back. */
function runInTerminal(args: readonly string[], cwd: string, env: Record<string, string>) {
  const command = [process.execPath, main, ...args].map((word) => `'${word}'`).join(' ')
  // Part of every Debian, as the package bsdutils is.
  const child = spawn('script', ['-qefc', `stty cols 120; ${command}`, '/dev/null'], {
    cwd,
    env: { PATH: process.env['PATH'], HOME: cwd, SHELL: '/bin/sh', TERM: 'xterm', ...credential, ...env },
    stdio: ['pipe', 'pipe', 'inherit'],
  })
  onTestFinished(() => void child.kill('SIGKILL'))
  let text = ''
  child.stdout.setEncoding('utf8').on('data', (piece: string) => (text += piece))
  return new Promise<{ code: number | null; text: string }>((resolve, reject) => {
    child.once('error', reject)
    child.once('close', (code) => resolve({ code, text }))
  })
}

const nasty =
  '\ufeffcustomer_id,plan,"City, ""home""",note\r\n' +
  'a1,gold,"Oslo, ""Sentrum""","two\r\nlines"\r\n' +
  'a2,,København,"100% + 1"\n' +
  'a3,silver,,\r\n'

describe('silhouette batch', () => {
  it('upload sends a CSV export, waits for its rows, and the profiles hold its cells', async () => {
    const { admin } = await startWithCommand()
    writeFileSync(path.join(admin.home, 'crm.csv'), nasty)

    const { batches, rejectedRows } = await admin.json<Document>([
      'batch',
      'upload',
      'crm.csv',
      '--key',
      'customer_id=thirdPartyId',
      '--wait',
      '--gzip',
      '--columns',
      'plan,note',
      '--columns',
      '"City, ""home""=city"',
    ])
    const profile = await admin.run(['profile', 'get', '--third-party-id', 'a1', '--json'])

    expect(batches).toMatchObject([{ rows: 3, firstLine: 2, lastLine: 5, status: 'complete', created: 3 }])
    expect(rejectedRows).toBe(0)
    expect(profile.stdout).toContain('Oslo, \\"Sentrum\\"')
    expect(profile.stdout).toContain('two\\r\\nlines')
  })

  it('upload cuts what is above the limits into parts, of a batch file as of a CSV file, also by standard input', async () => {
    const { admin } = await startWithCommand({ BATCH_ROWS_MAX: '2' })
    const rows = ['1,a', '2,b', '3,c', '4,d', '5,e']
    const batch = `batch=thirdPartyId,x\n${rows.join('\n')}\n`
    const csv = `id,x\n${rows.join('\n')}\n`
    writeFileSync(path.join(admin.home, 'rows.gz'), gzipSync(batch))

    const plain = await admin.json<Document>(['batch', 'upload', 'rows.gz', '--max-rows', '2', '--wait'])
    const piped = await admin.json<Document>(
      ['batch', 'upload', '-', '--key', 'id=thirdPartyId', '--max-rows', '2', '--from-part', '2', '--wait'],
      { stdin: csv },
    )

    const parts = ({ batches }: Document) =>
      batches.map(({ part, rows: count, firstLine, lastLine }) => [part, count, firstLine, lastLine])
    const all = [
      [1, 2, 2, 3],
      [2, 2, 4, 5],
      [3, 1, 6, 6],
    ]
    expect(parts(plain)).toEqual(all)
    expect(parts(piped)).toEqual(all.slice(1))
  })

  it('upload ends with 1 for failed rows and for what is refused, 2 for bad usage, 3 without a service', async () => {
    const { admin } = await startWithCommand({ BATCH_ROWS_MAX: '2' })
    const upload = (args: readonly string[], stdin: string) =>
      admin.run(['batch', 'upload', '-', ...args], { stdin })

    const failed = await upload(['--wait'], 'batch=pcId,a\n1,%zz\n2,x\n')
    const allowed = await upload(['--wait', '--allow-failed'], 'batch=pcId,a\n1,%zz\n')
    const refused = await upload([], 'batch=pcId,a\n1,a\n2,a\n3,a\n')
    const none = await upload([], 'id,a\n1,a\n')
    const usage = await upload(['--key', 'id=name'], '')
    const missing = await admin.run(['batch', 'upload', 'nowhere.csv'])
    const away = await new Person({ SILHOUETTE_URL: 'http://127.0.0.1:1' }).run(['batch', 'upload', '-'], {
      stdin: 'batch=pcId,a\n1,a\n',
    })

    const codes = [failed, allowed, refused, none, usage, missing, away].map(({ code }) => code)
    expect(codes).toEqual([1, 0, 1, 1, 2, 2, 3])
    expect(failed.stderr).toContain('1 rows failed.')
    expect(none.stderr).toContain('--key customer_id=thirdPartyId')
    expect(away.stderr).toContain('sent again it does no harm')
  })

  it('upload of many bytes with a token that does not work is told so', async () => {
    const { admin } = await startWithCommand()
    await admin.run(['auth', 'on', '--yes'])
    const row = `${'x'.repeat(1000)},${'y'.repeat(1000)}\n`

    const refused = await admin.run(['batch', 'upload', '-', '--token', 'none'], {
      stdin: `batch=pcId,a\n${row.repeat(10_000)}`,
    })

    expect({ code: refused.code, told: refused.stderr }).toMatchObject({
      code: 1,
      told: expect.stringContaining('token'),
    })
  })

  it('upload shows a bar of bytes sent and of rows applied on a terminal', async () => {
    const { admin, server } = await startWithCommand()
    const rows = Array.from({ length: 50_000 }, (_, index) => `u${index},gold\n`).join('')
    writeFileSync(path.join(admin.home, 'rows.txt'), `batch=thirdPartyId,plan\n${rows}`)

    const { code, text } = await runInTerminal(['batch', 'upload', 'rows.txt', '--wait'], admin.home, {
      SILHOUETTE_URL: server.url,
    })

    expect(code).toBe(0)
    expect(text).toMatch(/Sent \[=+\s*\] [\d.]+ KiB of 5\d\d\.\d KiB \(\d+%\)/)
    expect(text).toMatch(/Applied \[=+\s*\] 50,000 rows of 50,000 rows \(100%\)/)
    expect(text).toMatch(/complete +50,000 +0 +0/)
  })

  it('convert writes parts below the limits and keeps the records that make no row', async () => {
    const person = new Person()
    writeFileSync(path.join(person.home, 'crm.csv'), 'id,a\n1,x\nbad\n2,y\n3,z\n')

    const args = ['batch', 'convert', 'crm.csv', '--key', 'id=pcId', '--max-rows', '2']
    const tried = await person.run([...args, '--dry-run'])
    const none = readdirSync(person.home)
    const converted = await person.run(args)
    const again = await person.run(args)

    const read = (name: string) => readFileSync(path.join(person.home, name), 'utf8')
    expect([tried.code, converted.code, again.code]).toEqual([1, 1, 2])
    expect(none).toEqual(['crm.csv'])
    expect(read('crm.001.batch')).toBe('batch=pcId,a\n1,x\n2,y\n')
    expect(read('crm.002.batch')).toBe('batch=pcId,a\n3,z\n')
    expect(read('crm.rejected.csv')).toBe('id,a\nbad\n')
    expect(converted.stderr).toContain('Line 3: 1 cells, but the header has 2.')
  })

  it('status, list and failed-rows tell of a batch', async () => {
    const { admin } = await startWithCommand()
    const stdin = 'batch=pcId,a\n1,%zz\n2,x\n'
    const { batches } = await admin.json<Document>(['batch', 'upload', '-'], { stdin })
    const { batchId = '' } = batches[0] ?? {}

    const status = await admin.run(['batch', 'status', batchId, '--wait'])
    const list = await admin.json<Document>(['batch', 'list'])
    const failed = await admin.run(['batch', 'failed-rows', batchId])
    await admin.run(['batch', 'failed-rows', batchId, '--output', 'failed.batch'])
    const unknown = await admin.run(['batch', 'status', 'demo-1-1'])

    expect(status).toMatchObject({ code: 1, stdout: expect.stringContaining('complete') })
    expect(list.batches).toMatchObject([{ batchId, failedUpdates: 1 }])
    expect(failed).toMatchObject({
      code: 0,
      stdout: 'batch=pcId,a\n1,%zz\n# line 2, column a: malformed escape %zz\n',
    })
    expect(readFileSync(path.join(admin.home, 'failed.batch'), 'utf8')).toBe(failed.stdout)
    expect(unknown.code).toBe(1)
  })
})
