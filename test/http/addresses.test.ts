import { METHODS } from 'node:http'
import { describe, expect, it } from 'vitest'
import { batchIdOf, messageOf, startApp } from './start-app.ts'

const upload = 'batch=thirdPartyId,plan\nada,gold\n'

/** Every address, with the methods that it has. */
const addresses: readonly (readonly [url: string, allow: string])[] = [
  ['/m2/demo/profile/update', 'GET, POST'],
  ['/m2/demo/profile/batchUpdate', 'POST'],
  ['/m2/demo/v2/profile/batchUpdate', 'POST'],
  ['/m2/demo/profile/batchStatus', 'GET, HEAD'],
  ['/m2/demo/v2/profile/batchStatus', 'GET, HEAD'],
  ['/rest/v1/profiles/42', 'GET, HEAD'],
  ['/rest/v1/profiles/thirdPartyId/42', 'GET, HEAD'],
  ['/rest/v1/profiles/marketingCloudVisitorId/42', 'GET, HEAD'],
  ['/rest/v1/delivery', 'OPTIONS, POST'],
  ['/livez', 'GET, HEAD'],
  ['/metrics', 'GET, HEAD'],
  ['/readyz', 'GET, HEAD'],
]

describe('the client of a call', () => {
  it('is the one that the path under /m2/ names', async () => {
    const { app, context, post, fetch } = await startApp()
    await context.clients.ensure('acme', 14)

    await post(
      '/rest/v1/delivery?client=acme&sessionId=s',
      '{"context":{"channel":"web"},"id":{"tntId":"1"}}',
    )
    const reply = await app.inject('/m2/acme/profile/update?mboxPC=1&profile.a=1')

    expect(reply.headers['profile-outcome']).toBe('updated')
    expect(await fetch('1?client=acme')).toEqual({ a: '1' })
    expect(await fetch('1?client=demo')).toBeUndefined()
  })

  it.each([
    ['acme.tt.example.com', 'acme'],
    ['ACME.tt.example.com:8080', 'acme'],
    ['acme', 'acme'],
    ['other.example.com', 'demo'],
    ['127.0.0.1:8080', 'demo'],
    ['[::1]:8080', 'demo'],
    ['acme/evil', 'demo'],
  ])('by the word client in the path, with Host %s, is %s', async (host, code) => {
    const { context, post } = await startApp()
    await context.clients.ensure('acme', 14)
    await context.clients.ensure('127', 14)

    const reply = await post('/m2/client/v2/profile/batchUpdate', upload, { host })

    expect(reply.statusCode).toBe(200)
    expect(reply.body).toContain(`/m2/${code}/profile/batchStatus?batchId=${code}-`)
  })

  it('of a fetch is named by the query, else by the Host label, else the default client', async () => {
    const { context, get } = await startApp()
    await context.clients.ensure('acme', 14)
    const clientOf = async (url: string, host: string) => messageOf(await get(url, { host }))

    const messages = [
      await clientOf('/rest/v1/profiles/1?client=demo', 'acme.example.com'),
      await clientOf('/rest/v1/profiles/1', 'acme.example.com'),
      await clientOf('/rest/v1/profiles/1?client=', 'acme.example.com'),
      await clientOf('/rest/v1/profiles/1', 'example.com'),
    ]

    expect(messages).toEqual([
      'No profile found for client demo with mboxPC=1',
      'No profile found for client acme with mboxPC=1',
      'No profile found for client acme with mboxPC=1',
      'No profile found for client demo with mboxPC=1',
    ])
  })

  it.each([
    ['GET', '/m2/nobody/profile/update?mboxPC=1'],
    ['POST', '/m2/nobody/profile/batchUpdate'],
    ['POST', '/m2/nobody/v2/profile/batchUpdate'],
    ['GET', '/m2/nobody/profile/batchStatus?batchId=x'],
  ] as const)('404 says in XML that %s %s names an unknown client', async (method, url) => {
    const { app } = await startApp()

    const reply = await app.inject({ method, url })

    expect(reply.statusCode).toBe(404)
    expect(reply.headers['content-type']).toBe('text/xml;charset=UTF-8')
    expect(reply.body).toBe(
      '<response><success>false</success>' +
        '<message>There is no client "nobody"; check the client code in the address.</message></response>',
    )
  })

  it.each([
    ['GET', '/rest/v1/profiles/1?client=nobody'],
    ['GET', '/rest/v1/profiles/thirdPartyId/1?client=nobody'],
    ['GET', '/rest/v1/profiles/marketingCloudVisitorId/1?client=nobody'],
    ['POST', '/rest/v1/delivery?client=nobody&sessionId=s'],
  ] as const)('404 says in JSON that %s %s names an unknown client', async (method, url) => {
    const { app } = await startApp()

    const reply = await app.inject({ method, url })

    expect(reply.statusCode).toBe(404)
    expect(reply.headers['content-type']).toBe('application/json;charset=UTF-8')
    expect(reply.body).toBe(
      '{"status":404,"message":"There is no client \\"nobody\\"; check the client code in the address."}',
    )
  })

  it('404 shows no more than 100 characters of an unknown client', async () => {
    const { get } = await startApp()

    const reply = await get(`/m2/${'x'.repeat(5_000)}/profile/update`)

    expect(messageOf(reply)).toBe(
      `There is no client "${'x'.repeat(100)}…"; check the client code in the address.`,
    )
  })
})

describe('a method', () => {
  it.each(addresses)('other than those of %s is 405 with Allow: %s', async (url, allow) => {
    const { app } = await startApp()
    const others = METHODS.filter((method) => !allow.split(', ').includes(method) && method !== 'CONNECT')

    for (const method of others) {
      const reply = await app.inject({ method: method as 'GET', url })
      expect([method, reply.statusCode, reply.headers.allow]).toEqual([method, 405, allow])
    }
  })

  it('that is wrong is told in the shape of its neighbourhood', async () => {
    const { app } = await startApp()

    const replies = [
      await app.inject({ method: 'PUT', url: '/m2/demo/profile/update' }),
      await app.inject({ method: 'PROPFIND' as 'GET', url: '/rest/v1/profiles/1' }),
    ]

    expect(replies.map(({ body }) => body)).toEqual([
      '<response><success>false</success>' +
        '<message>PUT is not possible here; use GET, POST.</message></response>',
      '{"status":405,"message":"PROPFIND is not possible here; use GET, HEAD."}',
    ])
  })

  it('that is wrong is refused before an unknown client', async () => {
    const { app } = await startApp()

    const reply = await app.inject({ method: 'DELETE', url: '/m2/nobody/profile/update' })

    expect(reply.statusCode).toBe(405)
  })

  it('HEAD is GET without a body where GET only reads', async () => {
    const { app, post, profile } = await startApp()
    await profile({ tntId: '42' })
    const batchId = batchIdOf(await post('/m2/demo/profile/batchUpdate', upload))

    for (const url of ['/rest/v1/profiles/42', `/m2/demo/profile/batchStatus?batchId=${batchId}`]) {
      const [get, head] = [await app.inject(url), await app.inject({ method: 'HEAD', url })]
      expect(head.statusCode).toBe(200)
      expect(head.body).toBe('')
      expect(head.headers['content-length']).toBe(get.headers['content-length'])
      expect(head.headers['content-type']).toBe(get.headers['content-type'])
    }
  })

  it('HEAD answers 404 where GET does', async () => {
    const { app } = await startApp()

    const reply = await app.inject({ method: 'HEAD', url: '/rest/v1/profiles/42' })

    expect([reply.statusCode, reply.body]).toEqual([404, ''])
  })
})

describe('an address', () => {
  it.each([
    '/m2/demo/profile',
    '/m2/demo/profile/update/',
    '/m2/demo/profile/UPDATE',
    '/m2/demo/v3/profile/batchUpdate',
    '/m2/',
    '/m2',
  ])('404 says in XML that there is nothing at %s', async (url) => {
    const { get } = await startApp()

    const reply = await get(url)

    expect(reply.statusCode).toBe(404)
    expect(reply.headers['content-type']).toBe('text/xml;charset=UTF-8')
    expect(reply.body).toBe(
      '<response><success>false</success>' +
        `<message>There is nothing at ${url}; check the address.</message></response>`,
    )
  })

  it.each(['/nowhere', '/rest/v1', '/rest/v2/profiles/1', '/rest/v1/profiles/thirdPartyId/a/b', '/m2x'])(
    '404 says in JSON that there is nothing at %s',
    async (url) => {
      const { get } = await startApp()

      const reply = await get(url)

      expect(reply.statusCode).toBe(404)
      expect(reply.body).toBe(`{"status":404,"message":"There is nothing at ${url}; check the address."}`)
    },
  )

  it('404 refuses a POST to nowhere without reading or parsing its body', async () => {
    const { post } = await startApp()

    const reply = await post('/nowhere', '{', { 'content-type': 'application/json' })

    expect(reply.statusCode).toBe(404)
  })

  it.each(['%zz', '%C3%28', '%', '%ff'])('400 refuses the escape %s in a path', async (escape) => {
    const { get } = await startApp()
    const message = 'The path holds a malformed escape or invalid UTF-8; percent-encode it as UTF-8.'

    const replies = [
      await get(`/m2/${escape}/profile/update`),
      await get(`/rest/v1/profiles/${escape}`),
      await get(`/m2/${escape}/profile/update`, { accept: 'application/json' }),
    ]

    expect(replies.map(({ statusCode }) => statusCode)).toEqual([400, 400, 400])
    expect(replies.map(({ body }) => body)).toEqual([
      `<response><success>false</success><message>${message}</message></response>`,
      `{"status":400,"message":"${message}"}`,
      `{"success":false,"message":"${message}","code":"url_malformed"}`,
    ])
  })
})

describe('the batchStatus link of a reply', () => {
  const linkOf = (body: string) => /<batchStatus>(.*)\/m2\//.exec(body)?.[1]
  const forwarded = {
    host: 'inner:8080',
    'x-forwarded-host': 'demo.example.com',
    'x-forwarded-proto': 'https',
  }

  it('has the scheme and host that the caller used', async () => {
    const { post } = await startApp()

    const reply = await post('/m2/client/v2/profile/batchUpdate', upload, {
      host: 'profiles.example.com:8443',
    })

    expect(linkOf(reply.body)).toBe('http://profiles.example.com:8443')
  })

  it('ignores X-Forwarded headers of a stranger', async () => {
    const { post } = await startApp({ trustedProxies: ['10.0.0.0/8'] })

    const reply = await post('/m2/demo/profile/batchUpdate', upload, forwarded)

    expect(linkOf(reply.body)).toBe('http://inner:8080')
  })

  it('believes X-Forwarded headers of a trusted proxy', async () => {
    const { post } = await startApp({ trustedProxies: ['127.0.0.1'] })

    const reply = await post('/m2/client/profile/batchUpdate', upload, forwarded)

    expect(linkOf(reply.body)).toBe('https://demo.example.com')
  })
})

it('a route that names no action stops the start', async () => {
  const { app } = await startApp()

  expect(() => app.get('/open', async () => 'open')).toThrow('the route GET /open names its action')
})
