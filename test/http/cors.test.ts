import { describe, expect, it } from 'vitest'
import { serviceActor } from '../../src/domain/audit/log.ts'
import { patchSettings } from '../../src/domain/clients/settings.ts'
import { startApp, type TestApp } from './start-app.ts'

const url = '/rest/v1/delivery?client=demo&sessionId=s'
const body = '{"context":{"channel":"web"}}'
const origin = 'https://shop.example.com'

/** Leaves only some origins to the client `demo`. */
async function allow({ context, client }: TestApp, allowedOrigins: readonly string[]) {
  await patchSettings(context, { client, actor: serviceActor }, { allowedOrigins })
}

describe('cross-origin visits', () => {
  it('may be read by a page of any origin by default, with credentials', async () => {
    const { post } = await startApp()

    const reply = await post(url, body, { origin })

    expect(reply.headers).toMatchObject({
      'access-control-allow-origin': origin,
      'access-control-allow-credentials': 'true',
      vary: 'Origin',
    })
  })

  it('may be read by the origins of the client alone where it names some', async () => {
    const app = await startApp()
    await allow(app, [origin])

    const replies = [
      await app.post(url, body, { origin }),
      await app.post(url, body, { origin: 'https://evil.test' }),
    ]

    expect(replies.map(({ headers }) => headers['access-control-allow-origin'])).toEqual([origin, undefined])
    expect(replies.map(({ headers }) => headers.vary)).toEqual(['Origin', 'Origin'])
  })

  it.each([
    [400, url, '{'],
    [400, '/rest/v1/delivery?client=demo', body],
    [413, url, 'x'.repeat(1_048_577)],
  ])('may read an error (%i), too', async (status, address, payload) => {
    const { post } = await startApp()

    const reply = await post(address, payload, { origin })

    expect(reply.statusCode).toBe(status)
    expect(reply.headers).toMatchObject({
      'access-control-allow-origin': origin,
      'access-control-expose-headers': 'error-code, retry-after',
      'error-code': expect.any(String),
    })
  })

  it('are announced by a preflight, which is answered 204', async () => {
    const { app } = await startApp()

    const reply = await app.inject({
      method: 'OPTIONS',
      url,
      headers: {
        origin,
        'access-control-request-method': 'POST',
        'access-control-request-headers': 'content-type,x-trace',
      },
    })

    expect([reply.statusCode, reply.body]).toEqual([204, ''])
    expect(reply.headers).toMatchObject({
      'access-control-allow-origin': origin,
      'access-control-allow-credentials': 'true',
      'access-control-allow-methods': 'POST',
      'access-control-allow-headers': 'content-type,x-trace',
      'access-control-max-age': '600',
      vary: 'Origin',
    })
  })

  it('are not announced to a page of another origin than those allowed', async () => {
    const app = await startApp()
    await allow(app, ['https://shop.example.com'])

    const reply = await app.app.inject({ method: 'OPTIONS', url, headers: { origin: 'https://evil.test' } })

    expect(reply.statusCode).toBe(204)
    expect(Object.keys(reply.headers).filter((name) => name.startsWith('access-control'))).toEqual([])
  })

  it('are the only ones: other endpoints allow no origin', async () => {
    const { get, profile } = await startApp()
    await profile({ tntId: '42' })

    const replies = [
      await get('/rest/v1/profiles/42', { origin }),
      await get('/m2/demo/profile/update?mboxPC=42&profile.a=1', { origin }),
    ]

    expect(replies.map(({ headers }) => headers['access-control-allow-origin'])).toEqual([
      undefined,
      undefined,
    ])
  })
})
