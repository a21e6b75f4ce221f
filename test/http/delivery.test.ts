import { describe, expect, it } from 'vitest'
import { messageOf, startApp } from './start-app.ts'
import { sendVisit, visitAddress } from './visits.ts'

describe('a visit', () => {
  it('is answered with the documented members byte for byte', async () => {
    const app = await startApp({ edgeHost: 'edge.example.com' })

    const reply = await sendVisit(app, {
      requestId: '55de9886-bd14-4dee-819c-7d1633b79b90',
      id: { tntId: '10abf6304b2714215b1fd39a870f01afc.28_20', thirdPartyId: 'B234A029348' },
    })

    expect(reply.statusCode).toBe(200)
    expect(reply.headers['content-type']).toBe('application/json;charset=UTF-8')
    expect(reply.body).toBe(
      '{"status":200,"requestId":"55de9886-bd14-4dee-819c-7d1633b79b90","client":"demo",' +
        '"id":{"tntId":"10abf6304b2714215b1fd39a870f01afc","thirdPartyId":"B234A029348"},' +
        '"edgeHost":"edge.example.com"}',
    )
  })

  it('answers pageLoad empty, mboxes with empty options, and notifications by their ids', async () => {
    const app = await startApp()

    const reply = await sendVisit(app, {
      requestId: 'r',
      id: { tntId: 't' },
      execute: { pageLoad: { parameters: { a: 'b' } }, mboxes: [{ index: 1, name: 'SummerOffer' }] },
      prefetch: { pageLoad: {}, mboxes: [{ index: 0, name: 'a' }, { name: 'b' }], views: [{ name: 'v' }] },
      notifications: [
        { id: 'n1', type: 'display', timestamp: 1_760_000_000_000, mbox: { name: 'a' }, tokens: ['x'] },
        { id: 'n2', type: 'click', timestamp: 1_760_000_000_000, view: { name: 'v' } },
      ],
    })

    expect(reply.body).toBe(
      '{"status":200,"requestId":"r","client":"demo","id":{"tntId":"t"},' +
        '"execute":{"pageLoad":{},"mboxes":[{"index":1,"name":"SummerOffer","options":[]}]},' +
        '"prefetch":{"pageLoad":{},' +
        '"mboxes":[{"index":0,"name":"a","options":[]},{"name":"b","options":[]}],"views":[]},' +
        '"notifications":[{"id":"n1"},{"id":"n2"}]}',
    )
  })

  it('names no edgeHost unless one is configured, and makes a request id where none is sent', async () => {
    const app = await startApp()

    const reply = await sendVisit(app, { id: { tntId: 't' } })

    expect(reply.json()).toEqual({
      status: 200,
      requestId: expect.stringMatching(/^[\da-f]{8}(-[\da-f]{4}){3}-[\da-f]{12}$/),
      client: 'demo',
      id: { tntId: 't' },
    })
  })

  it('creates the profile, links its ids, and answers the same generated tntId each time', async () => {
    const app = await startApp()

    const first = await sendVisit(app, { id: { thirdPartyId: 'ada', marketingCloudVisitorId: '384' } })
    const second = await sendVisit(app, { id: { thirdPartyId: 'ada' } })

    const { id } = first.json<{ id: { tntId: string } }>()
    expect(id).toEqual({
      tntId: expect.stringMatching(/^[\da-f]{32}$/),
      thirdPartyId: 'ada',
      marketingCloudVisitorId: '384',
    })
    expect(second.json()).toMatchObject({ id: { tntId: id.tntId, thirdPartyId: 'ada' } })
    expect(await app.fetch(id.tntId)).toEqual({})
    expect(await app.fetch('marketingCloudVisitorId/384')).toEqual({})
  })

  it('without any id gets a new profile and a tntId', async () => {
    const app = await startApp()

    const reply = await sendVisit(app, { execute: { pageLoad: { profileParameters: { a: '1' } } } })

    const { tntId } = reply.json<{ id: { tntId: string } }>().id
    expect(await app.fetch(tntId)).toEqual({ a: '1' })
  })

  it('takes a blank id as one that is not given', async () => {
    const app = await startApp()

    const reply = await sendVisit(app, {
      id: { tntId: '', thirdPartyId: ' ', marketingCloudVisitorId: '384' },
    })

    expect(reply.json()).toMatchObject({
      id: { tntId: expect.stringMatching(/^[\da-f]{32}$/), marketingCloudVisitorId: '384' },
    })
    expect(Object.keys(reply.json<{ id: object }>().id)).toEqual(['tntId', 'marketingCloudVisitorId'])
  })

  it.each(['application/json', 'text/plain', 'text/plain;charset=UTF-8', '', 'nonsense'])(
    'is taken as JSON with Content-Type "%s"',
    async (type) => {
      const app = await startApp()

      const reply = await sendVisit(app, {}, visitAddress, { 'content-type': type })

      expect(reply.statusCode).toBe(200)
    },
  )

  it('tolerates members that mean nothing here, and customerIds without an ECID', async () => {
    const app = await startApp()

    const reply = await sendVisit(app, {
      telemetry: { entries: [{}] },
      experienceCloud: { analytics: { logging: 'server_side' } },
      property: { token: 'x' },
      trace: null,
      context: { channel: 'mobile', beacon: true, address: { url: 'https://example.com' } },
      id: { tntId: 't', customerIds: [{ id: '1', integrationCode: 'crm', authenticatedState: 'unknown' }] },
      execute: { mboxes: [{ index: 0, name: 'a', order: { id: '1', total: 9.5 }, product: { id: 'p' } }] },
    })

    expect(reply.statusCode).toBe(200)
    expect(reply.json()).toMatchObject({ id: { tntId: 't' } })
  })

  it('413 refuses a body above the limit, not one at it', async () => {
    const app = await startApp({ deliveryBytesMax: 2_048 })
    const padded = (bytes: number) => JSON.stringify({ context: { channel: 'web' } }).padEnd(bytes)

    const replies = [await app.post(visitAddress, padded(2_048)), await app.post(visitAddress, padded(2_049))]

    expect(replies.map(({ statusCode }) => statusCode)).toEqual([200, 413])
    expect(replies[1]!.body).toBe(
      '{"status":413,"message":"The body of a visit has at most 2048 bytes; send less at once."}',
    )
  })
})

describe('the client of a visit', () => {
  it.each([
    ['client before all else', 'client=acme&imsOrgId=DEMO@AdobeOrg', 'demo.example.com', 'acme'],
    ['the Host label before imsOrgId', 'imsOrgId=ACME@AdobeOrg', 'demo.example.com', 'demo'],
    ['imsOrgId before the default client', 'imsOrgId=ACME%40AdobeOrg', 'localhost:8080', 'acme'],
    ['the default client where nothing names one', '', 'localhost:8080', 'demo'],
  ])('is %s', async (_, query, host, code) => {
    const app = await startApp()
    await app.context.clients.ensure('acme', 14)

    const reply = await sendVisit(app, {}, `/rest/v1/delivery?sessionId=s&${query}`, { host })

    expect(reply.json()).toMatchObject({ status: 200, client: code })
  })

  it('404 names an unknown imsOrgId and how to set it', async () => {
    const app = await startApp()

    const reply = await sendVisit(app, {}, '/rest/v1/delivery?sessionId=s&imsOrgId=NOBODY@AdobeOrg')

    expect(reply.statusCode).toBe(404)
    expect(reply.body).toBe(
      '{"status":404,"message":"No client has the imsOrgId \\"NOBODY@AdobeOrg\\"; ' +
        'set it as the imsOrgId of the client meant, or name the client with the query parameter client."}',
    )
  })
})

describe('profileParameters of a visit', () => {
  it('are written from every execute, prefetch and notifications part', async () => {
    const app = await startApp()
    const part = (name: string) => ({ profileParameters: { [name]: '1' } })

    await sendVisit(app, {
      id: { tntId: 't' },
      execute: {
        pageLoad: part('a'),
        mboxes: [
          { name: 'm', ...part('b') },
          { name: 'n', ...part('c') },
        ],
      },
      prefetch: { pageLoad: part('d'), mboxes: [{ name: 'm', ...part('e') }], views: [part('f')] },
      notifications: [{ id: 'n', type: 'click', timestamp: 1, ...part('g') }],
    })

    expect(await app.fetch('t')).toEqual({ a: '1', b: '1', c: '1', d: '1', e: '1', f: '1', g: '1' })
  })

  it('of one name in several parts: the last part wins, whatever the order in the body', async () => {
    const app = await startApp()
    const part = (value: string, ...names: string[]) => ({
      profileParameters: Object.fromEntries(names.map((name) => [name, value])),
    })

    await sendVisit(app, {
      id: { tntId: 't' },
      notifications: [{ id: 'n', type: 'click', timestamp: 1, ...part('notification', 'a') }],
      prefetch: {
        views: [part('view', 'a', 'b')],
        mboxes: [{ name: 'm', ...part('prefetch mbox', 'a', 'b', 'c') }],
        pageLoad: part('prefetch page', 'a', 'b', 'c', 'd'),
      },
      execute: {
        mboxes: [
          { name: 'm', ...part('first mbox', 'a', 'b', 'c', 'd', 'e', 'f') },
          { name: 'n', ...part('second mbox', 'a', 'b', 'c', 'd', 'e') },
        ],
        pageLoad: part('page', 'a', 'b', 'c', 'd', 'e', 'f', 'g'),
      },
    })

    expect(await app.fetch('t')).toEqual({
      a: 'notification',
      b: 'view',
      c: 'prefetch mbox',
      d: 'prefetch page',
      e: 'second mbox',
      f: 'first mbox',
      g: 'page',
    })
  })

  it('that are empty are ignored, and remove no earlier value', async () => {
    const app = await startApp()
    await app.profile({ tntId: 't' }, { kept: 'stored' })

    const reply = await sendVisit(app, {
      id: { tntId: 't' },
      execute: { pageLoad: { profileParameters: { kept: '', a: '1', b: '' } } },
      prefetch: { pageLoad: { profileParameters: { a: '' } } },
    })

    expect(reply.statusCode).toBe(200)
    expect(await app.fetch('t')).toEqual({ kept: 'stored', a: '1' })
  })

  it('that are numbers and booleans become strings', async () => {
    const app = await startApp()

    await sendVisit(app, {
      id: { tntId: 't' },
      execute: { pageLoad: { profileParameters: { a: 1, b: 2.5, c: false, 'entity.id': 'x' } } },
    })

    expect(await app.fetch('t')).toEqual({ a: '1', b: '2.5', c: 'false', 'entity.id': 'x' })
  })

  it('may have 50 names of 128 characters and values of 5,000', async () => {
    const app = await startApp()
    const entries = Array.from({ length: 50 }, (_, i) => [
      `${i}`.padEnd(128, 'n'),
      i === 0 ? 'v'.repeat(5_000) : '1',
    ])
    const attributes = Object.fromEntries(entries)

    await sendVisit(app, { id: { tntId: 't' }, execute: { pageLoad: { profileParameters: attributes } } })

    expect(await app.fetch('t')).toEqual(attributes)
  })

  it('400 are refused where the profile would become too large, and nothing is written', async () => {
    const app = await startApp()
    const part = (name: string) => ({
      name,
      profileParameters: Object.fromEntries([1, 2, 3, 4, 5, 6, 7].map((i) => [name + i, 'v'.repeat(5_000)])),
    })

    const reply = await sendVisit(app, { id: { tntId: 't' }, execute: { mboxes: [part('a'), part('b')] } })

    expect(reply.statusCode).toBe(400)
    expect(messageOf(reply)).toMatch(/^The profile would hold 7\d{4} bytes/)
    expect(await app.fetch('t')).toBeUndefined()
  })
})
