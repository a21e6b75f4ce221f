import { execFile, spawn } from 'node:child_process'
import { readdirSync } from 'node:fs'
import path from 'node:path'
import { promisify } from 'node:util'
import { expect, it, onTestFinished } from 'vitest'
import { makeDirectory } from './support/server.ts'
import { waitFor } from './support/wait.ts'

const bootstrap = path.resolve(import.meta.dirname, '../../scripts/bootstrap.mjs')

/** The tour makes its store in TMPDIR, and must not heed settings of the person's own. */
function environmentIn(temporary: string): NodeJS.ProcessEnv {
  return { ...process.env, TMPDIR: temporary, SILHOUETTE_URL: 'http://127.0.0.1:1', SILHOUETTE_PORT: '1' }
}

it('the tour shows a batch, a profile, the switch and both tokens, and leaves nothing behind', async () => {
  const temporary = makeDirectory()

  const { stdout } = await promisify(execFile)(process.execPath, [bootstrap, 'tour', '--quick'], {
    env: environmentIn(temporary),
  })

  const commands = stdout.split('\n').flatMap((line) => /^\$ (?:silhouette|curl) .*/.exec(line) ?? [])
  const statuses = stdout.match(/^HTTP\/1\.1 \d+/gm)
  expect(commands.map((command) => command.split(' ').slice(1, 4).join(' ').replace(/'.*/, ''))).toEqual([
    'silhouette serve --port',
    'silhouette batch upload',
    'silhouette batch status',
    'silhouette profile get',
    'curl -i ',
    'silhouette auth on',
    'curl -i ',
    'curl -i ',
    'curl -i ',
    'curl -i ',
  ])
  expect(statuses).toEqual(['200', '403', '200', '403', '200'].map((status) => `HTTP/1.1 ${status}`))
  expect(stdout).toMatch(/^Rows: +2,000$/m)
  expect(stdout).toContain('was replaced by a new one')
  // Tokens end with the store, but nobody should learn to print them.
  expect(stdout).not.toMatch(/slh_\w{20}/)
  expect(readdirSync(temporary)).toEqual([])
}, 60_000)

it('the tour ends its server and removes its store when it is told to stop', async () => {
  const temporary = makeDirectory()
  const tour = spawn(process.execPath, [bootstrap, 'tour', '--quick'], {
    env: environmentIn(temporary),
    stdio: ['ignore', 'pipe', 'ignore'],
  })
  onTestFinished(() => void tour.kill('SIGKILL'))
  const ended = new Promise((resolve) => tour.once('close', resolve))
  let printed = ''
  tour.stdout.setEncoding('utf8').on('data', (piece: string) => (printed += piece))
  const url = await waitFor('the server', () => /^listening on (\S+)$/m.exec(printed)?.[1])

  tour.kill('SIGTERM')

  expect(await ended).toBe(143)
  expect(readdirSync(temporary)).toEqual([])
  await expect(fetch(url)).rejects.toThrow('fetch failed')
})
