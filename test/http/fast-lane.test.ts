import fc from 'fast-check'
import { request } from 'node:http'
import type { Socket } from 'node:net'
import { text } from 'node:stream/consumers'
import { expect, it, vi } from 'vitest'
import { startAdminApp, type AdminApp } from './admin/people.ts'
import { openConnection } from './raw-connection.ts'

/** What both ways have to agree on. */
interface Answer {
  readonly status: number | undefined
  readonly headers: Record<string, unknown>
  readonly body: string
}

const agent = 'connector/1'

/** Sends a request over a connection: what is injected does not come by the lane. */
async function call(port: number, path: string, headers: Record<string, string>): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const options = { port, path, headers: { host: 'localhost:80', 'user-agent': agent, ...headers } }
    request(options, (reply) => {
      const answer = (body: string) => ({ status: reply.statusCode, headers: shown(reply.headers), body })
      text(reply).then((body) => resolve(answer(body)), reject)
    })
      .on('error', reject)
      .end()
  })
}

/** Without what differs from moment to moment, or belongs to the connection. */
function shown(headers: Readonly<Record<string, unknown>>): Record<string, unknown> {
  const { date: _date, connection: _connection, 'keep-alive': _keepAlive, ...rest } = headers
  return rest
}

/** Starts one of two applications that hold the same, and makes what its calls have for a token. */
async function startTwin({ isShut, logLevel }: { isShut: boolean; logLevel: string }) {
  const twin = await startAdminApp({ logLevel })
  const framework = { requests: 0 }
  twin.app.addHook('onRequest', async () => void framework.requests++)
  await twin.profile({ tntId: '111', thirdPartyId: 'ada', ecid: '38400' }, { plan: 'gold', name: 'Zoë' })
  await twin.profile({ thirdPartyId: 'bob' }, { note: 'x'.repeat(60_000) })
  if (!isShut) return { ...twin, framework, token: 'none' }
  await twin.admin('PATCH', '/clients/settings', { enableProfileApiAuthentication: true })
  const reply = await twin.admin('POST', '/authentication/token?authorizationScope=profile_api', {})
  return { ...twin, framework, token: reply.json<{ accessToken: string }>().accessToken }
}

/** With a token of the application's own where one that works is meant. */
function withToken(headers: Readonly<Record<string, string>>, token: string): Record<string, string> {
  return Object.fromEntries(
    Object.entries(headers).map(([name, value]) => [name, value.replace('GOOD', token)]),
  )
}

const part = (...usual: string[]) =>
  fc.oneof(
    { weight: 12, arbitrary: fc.constantFrom(...usual) },
    fc.string({ unit: 'grapheme-ascii', maxLength: 6 }),
  )

const fetches = fc
  .tuple(
    part(
      '/rest/v1/profiles/',
      '/rest/v1/profiles/thirdPartyId/',
      '/rest/v1/profiles/marketingCloudVisitorId/',
    ),
    part('ada', '111', '111.28_20', '38400', 'bob', 'nobody', 'a%64a', 'thirdPartyId', 'a/b', ''),
    part('?client=demo', '?client=other', '?client=%64emo', '', '?client=demo&x=1', '?', '#a', '/'),
  )
  .map((parts) => parts.join(''))

const updates = fc
  .tuple(
    part('/m2/demo/profile/update', '/m2/client/profile/update', '/m2/other/profile/update'),
    part('?mbox3rdPartyId=ada', '?mboxPC=111', '?mbox3rdPartyId=bob', '?mbox3rdPartyId=a%2Fb', '?', ''),
    part(
      '&profile.a=1',
      '&profile.b=%C3%A9+x',
      '&profile.c=%zz',
      '&profile.=1',
      `&profile.d=${'y'.repeat(7_000)}`,
    ),
  )
  .map((parts) => parts.join(''))

/** What most callers send. */
const plain = fc.constantFrom(
  '/rest/v1/profiles/111?client=demo',
  '/rest/v1/profiles/111.28_20?client=demo',
  '/rest/v1/profiles/thirdPartyId/ada?client=demo',
  '/rest/v1/profiles/marketingCloudVisitorId/38400?client=demo',
  '/m2/demo/profile/update?mboxPC=111&profile.a=1',
  '/m2/demo/profile/update?mbox3rdPartyId=ada&profile.a=2&profile.b=%C3%A9+x',
  '/m2/demo/profile/update?mbox3rdPartyId=nobody&profile.a=3',
)

const odd = fc.record(
  {
    accept: fc.constantFrom('application/json', '*/*', 'text/xml;q=0.5, application/json'),
    authorization: fc.constantFrom('Bearer GOOD', 'bearer  GOOD ', 'Bearer nonsense', 'Basic x'),
    access_token: fc.constantFrom('GOOD', 'nonsense'),
    'content-type': fc.constant('nonsense'),
    'x-forwarded-for': fc.constant('10.0.0.1'),
  },
  { requiredKeys: [] },
)

/** What a line of a request cannot hold, a client does not send. */
const isSendable = (path: string) => path.startsWith('/') && /^[!-~]+$/.test(path)

it.each([false, true])(
  'a call is answered in the same bytes with and without the framework (token: %s)',
  async (isShut) => {
    const fast = await startTwin({ isShut, logLevel: 'warn' })
    // Where each request gets a line in the log there is no lane.
    const slow = await startTwin({ isShut, logLevel: 'debug' })
    const [fastPort, slowPort] = [await fast.listen(), await slow.listen()]
    const path = fc.oneof(plain, fetches, updates).filter(isSendable)
    const usual = isShut ? { authorization: 'Bearer GOOD' } : { accept: 'application/json' }
    const headers = fc.oneof(fc.constant(usual), odd)

    await fc.assert(
      fc.asyncProperty(path, headers, async (address, more) => {
        const lane = await call(fastPort, address, withToken(more, fast.token))
        const framework = await call(slowPort, address, withToken(more, slow.token))

        expect(lane).toEqual(framework)
      }),
      { numRuns: 400 },
    )

    // Else the two are one.
    expect(fast.framework.requests).toBeLessThan(slow.framework.requests - 50)

    const counts = async ({ get }: AdminApp) =>
      (await get('/metrics')).body
        .split('\n')
        .filter((line) => /^silhouette_(http_request_duration_seconds_count|refusals)/.test(line))
    const callers = ({ context }: AdminApp) =>
      context.callers.flush({ everything: true }).then(() => context.callers.list('demo'))
    expect(await callers(fast)).toEqual(await callers(slow))
    expect(await counts(fast)).toEqual(await counts(slow))
  },
)

/** Requests of one connection, as a client sends them without waiting: all but the last leave it open. */
const pipelined = fc
  .tuple(
    fc.array(
      fc.constantFrom(
        'GET /rest/v1/profiles/111?client=demo HTTP/1.1\r\nhost: demo\r\n\r\n',
        'GET /rest/v1/profiles/thirdPartyId/nobody?client=demo HTTP/1.1\r\nhost: demo\r\n\r\n',
        'GET /rest/v1/profiles/111?client=demo HTTP/1.1\r\nhost: demo\r\nexpect: 100-continue\r\n\r\n',
        'GET /rest/v1/profiles/111?client=demo HTTP/1.1\r\nhost: demo\r\ncontent-length: 2\r\n\r\nhi',
        'GET /rest/v1/profiles/111?client=demo HTTP/1.0\r\nconnection: keep-alive\r\n\r\n',
        'HEAD /rest/v1/profiles/111?client=demo HTTP/1.1\r\nhost: demo\r\n\r\n',
        'GET /m2/demo/profile/update?mboxPC=7&profile.a=1 HTTP/1.1\r\nhost: demo\r\n\r\n',
        'POST /m2/demo/profile/update HTTP/1.1\r\nhost: demo\r\ncontent-length: 8\r\n\r\nmboxPC=7',
      ),
      { maxLength: 6 },
    ),
    fc.constantFrom(
      'GET /rest/v1/profiles/111?client=demo HTTP/1.1\r\nhost: demo\r\nconnection: close\r\n\r\n',
      'GET /rest/v1/profiles/111?client=demo HTTP/1.0\r\n\r\n',
      'GET /m2/demo/profile/update?mboxPC=7&profile.a=2 HTTP/1.1\r\nconnection: close\r\nhost: demo\r\n\r\n',
    ),
  )
  .map(([open, last]) => open.join('') + last)

it('the replies of one connection are the same, in the same order', async () => {
  const fast = await startTwin({ isShut: false, logLevel: 'warn' })
  const slow = await startTwin({ isShut: false, logLevel: 'debug' })
  const [fastPort, slowPort] = [await fast.listen(), await slow.listen()]
  const replies = async (port: number, requests: string) => {
    const connection = await openConnection(port)
    await connection.send(requests)
    return (await connection.receiveAll()).replaceAll(/^date: .*GMT\r$/gim, 'date')
  }

  await fc.assert(
    fc.asyncProperty(pipelined, async (requests) => {
      expect(await replies(fastPort, requests)).toBe(await replies(slowPort, requests))
    }),
    { numRuns: 150 },
  )

  expect(fast.framework.requests).toBeLessThan(slow.framework.requests - 50)
})

it('a client that reads late gets every reply', async () => {
  const { app, listen, framework } = await startTwin({ isShut: false, logLevel: 'warn' })
  const accepted = new Promise<Socket>((resolve) => app.server.once('connection', resolve))
  const connection = await openConnection(await listen())
  const fetch = 'GET /rest/v1/profiles/thirdPartyId/bob?client=demo HTTP/1.1\r\nhost: demo\r\n'

  connection.pause()
  const sent = connection.send(`${fetch}\r\n`.repeat(300) + `${fetch}connection: close\r\n\r\n`)
  const socket = await accepted
  await vi.waitFor(() => expect(socket.writableLength).toBeGreaterThan(0), { timeout: 10_000 })
  connection.resume()
  await sent
  const received = await connection.receiveAll()

  expect(received.split('HTTP/1.1 200 OK\r\n')).toHaveLength(302)
  expect(received.split('x'.repeat(60_000))).toHaveLength(302)
  expect(framework.requests).toBe(0)
})

it('a token that has ended is refused, however often it was good', async () => {
  const {
    admin,
    context,
    framework,
    listen,
    token: first,
  } = await startTwin({ isShut: true, logLevel: 'warn' })
  const port = await listen()
  await admin('POST', '/clients', { code: 'acme' })
  await admin('PATCH', '//acme/target/clients/settings', { enableProfileApiAuthentication: true })
  const path = '/authentication/token?authorizationScope=profile_api'
  const generate = async (body: object) =>
    (await admin('POST', path, body)).json<{ accessToken: string }>().accessToken
  const status = async (token: string, client = 'demo') =>
    (await call(port, `/rest/v1/profiles/111?client=${client}`, { authorization: `Bearer ${token}` })).status
  /** Calls until the framework is not asked any more: then the token is known by its text. */
  const warm = async (token: string) => {
    expect([await status(token), await status(token)]).toEqual([200, 200])
    const before = framework.requests
    expect(await status(token)).toBe(200)
    expect(framework.requests).toBe(before)
  }

  /** Twice, since the first call reads what is stored anew. */
  const refused = async (token: string) =>
    expect([await status(token), await status(token)]).toEqual([403, 403])

  await warm(first)
  expect(await status(first, 'acme')).toBe(403)

  const second = await generate({})
  await refused(first)
  await warm(second)

  const third = await generate({ expiresIn: 7_200, overlap: 3_600 })
  await warm(second)
  await warm(third)
  context.clock.advance(3_600_000)
  await refused(second)
  await warm(third)

  context.clock.advance(3_600_000)
  await refused(third)

  const fourth = await generate({})
  await warm(fourth)
  await admin('DELETE', path)
  await refused(fourth)
})
