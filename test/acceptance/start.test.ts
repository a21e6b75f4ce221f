import { existsSync, statSync } from 'node:fs'
import { request, type ClientRequest } from 'node:http'
import { connect } from 'node:net'
import path from 'node:path'
import { expect, it } from 'vitest'
import { call, completed, fetchValues, update, visit } from './support/calls.ts'
import { launch, makeDirectory, startServer } from './support/server.ts'
import { waitFor } from './support/wait.ts'

it.each(['server', 'bootstrap'] as const)(
  'standard output of the %s ends with the listening line, and the log is JSON lines on standard error',
  async (program) => {
    const directory = makeDirectory()
    const server = await startServer({ directory, program, settings: { LOG_LEVEL: 'debug' } })

    await call(`${server.url}/nowhere`)
    const ended = await server.stop()

    expect(ended).toEqual({ code: 0, signal: null })
    expect(server.stdout()).toMatch(/\nlistening on http:\/\/127\.0\.0\.1:\d+\n$/)
    const lines = server.stderr().trimEnd().split('\n')
    expect(lines.map((line) => JSON.parse(line) as unknown)).toContainEqual(
      expect.objectContaining({ code: 'route_unknown' }),
    )
  },
)

it('a second start installs nothing and builds nothing before it listens', async () => {
  const directory = makeDirectory()
  const first = await startServer({ directory, program: 'bootstrap' })
  await first.stop()

  const second = await startServer({ directory, program: 'bootstrap' })
  const ended = await second.stop()

  expect(ended).toEqual({ code: 0, signal: null })
  expect(second.stderr()).not.toMatch(/installing|building/)
})

it.each(['SIGTERM', 'SIGINT'] as const)(
  '%s finishes an upload in flight, refuses new connections, and exits 0',
  async (signal) => {
    const directory = makeDirectory()
    const server = await startServer({ directory })
    const { sending, reply } = await beginUpload(server.port)

    server.send(signal)
    await waitFor('the listener to close', () => isRefused(server.port))
    sending.end('b,2\n')

    expect(await reply).toMatch(/^<response><success>true<\/success>/)
    const repliedAt = performance.now()
    expect(await server.ended).toEqual({ code: 0, signal: null })
    // The caller would keep its connection for more requests; it must not hold the stop up.
    expect(performance.now() - repliedAt).toBeLessThan(2_500)
    const batchId = /batchId=([^<]*)/.exec(await reply)?.[1] ?? ''
    const again = await startServer({ directory })
    expect(await completed(again.url, batchId)).toMatchObject({ batchSize: 2, successfulUpdates: 2 })
  },
)

it('SIGTERM cuts off a request that does not end in the time given, and exits 0', async () => {
  const server = await startServer({ directory: makeDirectory(), settings: { SHUTDOWN_SECONDS: '0.3' } })
  const { reply } = await beginUpload(server.port)

  const cut = reply.catch((error: unknown) => String(error))
  const ended = await server.stop()

  expect(ended).toEqual({ code: 0, signal: null })
  expect(await cut).toMatch(/socket hang up|ECONNRESET/)
})

it('a second server on the same directory exits 1 at once and names the process that holds it', async () => {
  const directory = makeDirectory()
  const first = await startServer({ directory })

  const second = launch({ directory })
  const ended = await second.ended

  expect(ended).toEqual({ code: 1, signal: null })
  expect(second.stdout()).toBe('')
  expect(second.stderr()).toBe(
    `silhouette: the store in ${directory} is in use by process ${first.pid}; ` +
      'stop that one first, or give this one another directory\n',
  )
  expect(await visit(first.url, { tntId: 't1' })).toMatchObject({ status: 200 })
})

it('a store left by SIGKILL is opened again and holds what was acknowledged', async () => {
  const directory = makeDirectory()
  const first = await startServer({ directory })
  await visit(first.url, { thirdPartyId: 'ann' }, { plan: 'free' })
  await update(first.url, 'ann', { plan: 'gold' })
  await first.stop('SIGKILL')

  const second = await startServer({ directory })

  expect(await fetchValues(second.url, 'thirdPartyId/ann')).toEqual({ plan: 'gold' })
})

it('all faulty settings are reported by name, exit code 2, and no store is made', async () => {
  const directory = path.join(makeDirectory(), 'store')
  const settings = { BATCH_ROWS_MAX: '0', LOG_LEVEL: 'loud', PORTT: '1', DEFAULT_CLIENT: 'm2' }

  const server = launch({ settings, flags: ['--port', '99999', '--store', `lmdb:${directory}`, '--bogus'] })
  const ended = await server.ended

  expect(ended).toEqual({ code: 2, signal: null })
  expect(server.stdout()).toBe('')
  const names = server.stderr().trimEnd().split('\n')
  const named = names.map((line) => /^silhouette: (\S+) \S/.exec(line)?.[1])
  expect(named).toHaveLength(6)
  expect(named).toEqual(
    expect.arrayContaining([
      '--bogus',
      '--port',
      'SILHOUETTE_BATCH_ROWS_MAX',
      'SILHOUETTE_DEFAULT_CLIENT',
      'SILHOUETTE_LOG_LEVEL',
      'SILHOUETTE_PORTT',
    ]),
  )
  expect(existsSync(directory)).toBe(false)
})

it('--port and --store go before their variables', async () => {
  const directory = path.join(makeDirectory(), 'deep', 'store')
  const { port, stop } = await startServer({ directory: makeDirectory() })
  await stop()

  const server = await startServer({
    settings: { PORT: '1', STORE_URL: 'memory:' },
    flags: ['--port', String(port), '--store', `lmdb:${directory}`],
  })

  expect(server.url).toBe(`http://127.0.0.1:${port}`)
  expect(existsSync(path.join(directory, 'data.mdb'))).toBe(true)
})

it('the store directory is open to its owner alone', async () => {
  const directory = path.join(makeDirectory(), 'store')

  await startServer({ directory })

  expect(statSync(directory).mode & 0o777).toBe(0o700)
})

// What a client made at the first start answers to: its code, and the organization that SDKs send.
it.each([
  ['demo', {}, 'DEMO@AdobeOrg', 'shop'],
  ['shop', { DEFAULT_CLIENT: 'shop' }, 'SHOP@AdobeOrg', 'demo'],
])('the first start creates client %s and no other', async (code, settings, imsOrgId, other) => {
  const { url } = await startServer({ directory: makeDirectory(), settings })

  const byOrg = await visitOf(url, `imsOrgId=${encodeURIComponent(imsOrgId)}`)
  const byDefault = await visitOf(url, '')
  const unknown = await visitOf(url, `client=${other}`)

  expect(JSON.parse(byOrg.text)).toMatchObject({ status: 200, client: code })
  expect(JSON.parse(byDefault.text)).toMatchObject({ status: 200, client: code })
  expect(unknown.status).toBe(404)
})

function visitOf(url: string, query: string) {
  const body = JSON.stringify({ context: { channel: 'web' } })
  return call(`${url}/rest/v1/delivery?sessionId=s1&${query}`, { method: 'POST', body })
}

/** Sends the first half of an upload, once the server has said that it waits for it. */
async function beginUpload(port: number): Promise<{ sending: ClientRequest; reply: Promise<string> }> {
  const sending = request({
    port,
    host: '127.0.0.1',
    method: 'POST',
    path: '/m2/demo/v2/profile/batchUpdate',
    headers: { expect: '100-continue' },
  })
  const reply = new Promise<string>((resolve, reject) => {
    sending.once('error', reject).once('response', (response) => {
      let text = ''
      response.setEncoding('utf8').on('data', (piece: string) => (text += piece))
      response.once('end', () => resolve(text)).once('error', reject)
    })
  })
  const wanted = new Promise<void>((resolve) => {
    sending.once('continue', resolve)
  })
  sending.flushHeaders()
  await Promise.race([wanted, reply])
  sending.write('batch=pcId,a\na,1\n')
  return { sending, reply }
}

/** `true` once nobody listens on a port. */
function isRefused(port: number): Promise<true | undefined> {
  return new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1')
    socket.once('error', () => resolve(true))
    socket.once('connect', () => {
      socket.destroy()
      resolve(undefined)
    })
  })
}
