import { execFile, spawn } from 'node:child_process'
import { existsSync, readdirSync } from 'node:fs'
import path from 'node:path'
import { promisify } from 'node:util'
import { expect, it, onTestFinished } from 'vitest'
import { call, visit } from './support/calls.ts'
import { makeDirectory } from './support/server.ts'
import { waitFor } from './support/wait.ts'

const root = path.resolve(import.meta.dirname, '../..')
const run = promisify(execFile)

/** Packs the clone and installs the tarball as one command of its own. */
async function installPackage(): Promise<{ files: string[]; silhouette: string }> {
  const [packed, prefix] = [makeDirectory(), makeDirectory()]
  const { stdout } = await run('npm', ['pack', '--json', '--pack-destination', packed], { cwd: root })
  // What is built before says so on standard error; npm prints the document last.
  const listed: unknown = JSON.parse(stdout.slice(stdout.search(/^[[{]/m)))
  const [pack] = Object.values(Object(listed)) as { filename: string; files: { path: string }[] }[]
  if (pack === undefined) throw new Error(`npm pack printed ${stdout}`)
  const tarball = path.join(packed, readdirSync(packed)[0] ?? pack.filename)
  await run('npm', ['install', '--global', '--prefix', prefix, tarball], { cwd: packed })
  return { files: pack.files.map((file) => file.path), silhouette: path.join(prefix, 'bin/silhouette') }
}

it('the tarball installs a command that serves, with console, and holds no sources and no tests', async () => {
  const { files, silhouette } = await installPackage()
  const directory = makeDirectory()
  const env = { PATH: process.env['PATH'], HOME: directory, no_proxy: '*' }
  const server = spawn(silhouette, ['serve', '--port', '0'], { cwd: directory, env })
  onTestFinished(() => void server.kill('SIGKILL'))
  let printed = ''
  server.stdout.setEncoding('utf8').on('data', (piece: string) => (printed += piece))
  server.stderr.resume()
  const ended = new Promise((resolve) => server.once('exit', resolve))
  const url = await waitFor('the listening line', () => /^listening on (\S+)$/m.exec(printed)?.[1])

  await visit(url, { thirdPartyId: 'ada' }, { color: 'teal' })
  const page = await call(`${url}/console/`)
  const script = /src="([^"]+\.js)"/.exec(page.text)?.[1] ?? 'no script'
  const loaded = await call(new URL(script, `${url}/console/`).href)
  const doctor = await run(silhouette, ['doctor', '--url', url], { cwd: directory, env })
  server.kill('SIGTERM')

  expect(await ended).toBe(0)
  expect(doctor.stdout).toContain(`${url} is ready`)
  expect([page.status, loaded.status]).toEqual([200, 200])
  expect(existsSync(path.join(directory, 'data/data.mdb'))).toBe(true)
  expect(files.filter((file) => /\.test\.|\.map$|build-hash|^(src|test|scripts|bench)\//.test(file))).toEqual(
    [],
  )
  expect(files.filter((file) => file.endsWith('.ts') && !file.endsWith('.d.ts'))).toEqual([])
}, 180_000)
