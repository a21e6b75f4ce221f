import { mkdtemp, mkdir, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { expect, it, onTestFinished } from 'vitest'
import { startApp } from './start-app.ts'

const page = '<!doctype html><title>Console</title>'

/** A console of three files, one of them also compressed. */
async function startWithConsole() {
  const consoleDirectory = await mkdtemp(path.join(tmpdir(), 'console-'))
  onTestFinished(() => rm(consoleDirectory, { recursive: true }))
  await mkdir(path.join(consoleDirectory, '_assets'))
  const files = {
    'index.html': page,
    'favicon.svg': '<svg/>',
    '.build-hash': 'of the build',
    '_assets/app-1a2b.js': 'plain',
    '_assets/app-1a2b.js.br': 'as brotli',
    '_assets/app-1a2b.js.gz': 'as gzip',
  }
  for (const [name, text] of Object.entries(files)) await writeFile(path.join(consoleDirectory, name), text)
  return startApp({ consoleDirectory })
}

it.each(['/', '/console'])('%s leads to the console', async (url) => {
  const { get } = await startWithConsole()

  const reply = await get(url)

  expect(reply.statusCode).toBe(302)
  expect(reply.headers.location).toBe('/console/')
})

it.each([
  '/console/',
  '/console/@demo/administration/implementation',
  '/console/@assets/x.js/y',
  '/console/sign-in?to=%2F',
  '/console/a%20b',
])('%s is a screen: the page comes, asked for anew each time and locked to its origin', async (url) => {
  const { get } = await startWithConsole()

  const reply = await get(url)

  expect(reply.statusCode).toBe(200)
  expect(reply.body).toBe(page)
  expect(reply.headers['content-type']).toBe('text/html; charset=utf-8')
  expect(reply.headers['cache-control']).toBe('no-cache')
  const policy = String(reply.headers['content-security-policy'])
  expect(policy).toContain("default-src 'none'; script-src 'self'; style-src 'self' 'sha256-")
  expect(policy).not.toMatch(/unsafe|https?:|\*/)
  const again = await get(url, { 'if-none-match': String(reply.headers.etag) })
  expect(again.statusCode).toBe(304)
})

it.each([
  ['br, gzip', 'br', 'as brotli'],
  ['gzip', 'gzip', 'as gzip'],
  ['identity', undefined, 'plain'],
])('a file of the build comes as accepted (%s), to be kept for good', async (accepted, encoding, body) => {
  const { get } = await startWithConsole()

  const reply = await get('/console/_assets/app-1a2b.js', { 'accept-encoding': accepted })

  expect(reply.body).toBe(body)
  expect(reply.headers).toMatchObject({
    'cache-control': 'public, max-age=31536000, immutable',
    'content-type': 'application/javascript; charset=utf-8',
    vary: 'accept-encoding',
    'x-content-type-options': 'nosniff',
  })
  expect(reply.headers['content-encoding']).toBe(encoding)
})

it.each([
  '/console/_assets/app-9z.js',
  '/console/robots.txt',
  '/console/_assets/..%2f..%2fpackage.json',
  '/console/..%2fpackage.json',
  '/console/.build-hash',
])('%s shows no file outside of the console, and nothing is kept of what is missing', async (url) => {
  const { get } = await startWithConsole()

  const reply = await get(url)

  expect(reply.body === page || reply.statusCode === 404).toBe(true)
  expect(reply.headers['cache-control']).not.toContain('immutable')
})

it('a server without a built console serves the rest, and says so where the console would be', async () => {
  const { get } = await startApp({ consoleDirectory: 'no/such/folder' })

  const reply = await get('/console/')

  expect(reply.statusCode).toBe(404)
  expect(reply.json()).toMatchObject({ message: 'The console was not built; npm run build does it.' })
  expect((await get('/livez')).statusCode).toBe(200)
})
