import { createRequire } from 'node:module'
import { expect, it } from 'vitest'
import { fetchValues } from './support/calls.ts'
import { makeDirectory, startServer } from './support/server.ts'

/** What of the SDK, which has no types of its own, is used here. */
interface TargetClient {
  getOffers(options: { request: object; sessionId?: string }): Promise<Delivered>
  sendNotifications(options: { request: object; sessionId?: string }): Promise<Delivered>
}

interface Delivered {
  readonly response: {
    readonly status: number
    readonly client: string
    readonly id: Readonly<Record<string, string>>
    readonly edgeHost?: string
    readonly notifications?: readonly { readonly id: string }[]
    readonly execute?: unknown
    readonly prefetch?: unknown
  }
}

interface Sdk {
  create(options: object): TargetClient
}

const sdk = createRequire(import.meta.url)('@adobe/target-nodejs-sdk') as Sdk

const context = { channel: 'web', address: { url: 'http://shop.example/' }, userAgent: 'Mozilla/5.0' }

it.each([
  ['localhost', 'tntId', '3a1b5c7d9e', '3a1b5c7d9e'],
  ['127.0.0.1', 'thirdPartyId', 'ann@shop.example', 'thirdPartyId/ann%40shop.example'],
  ['localhost', 'marketingCloudVisitorId', '0723445', 'marketingCloudVisitorId/0723445'],
])("the Node SDK's getOffers by %s and %s stores its profile parameters", async (host, kind, id, path) => {
  const server = await startServer({ directory: makeDirectory() })
  const target = client(`${host}:${server.port}`)

  const { response } = await target.getOffers({
    sessionId: 's1',
    request: {
      id: { [kind]: id },
      context,
      execute: {
        pageLoad: { profileParameters: { plan: 'gold', city: "'s-Hertogenbosch & Ås" } },
        mboxes: [{ name: 'hero', index: 1, profileParameters: { seen: 'hero' } }],
      },
      prefetch: { mboxes: [{ name: 'footer', index: 2, profileParameters: { next: 'footer' } }] },
    },
  })

  expect(response).toEqual({
    status: 200,
    requestId: expect.any(String),
    client: 'demo',
    id: { tntId: expect.stringMatching(/^[\da-f]{10,32}$/), [kind]: id },
    execute: { pageLoad: {}, mboxes: [{ index: 1, name: 'hero', options: [] }] },
    prefetch: { mboxes: [{ index: 2, name: 'footer', options: [] }] },
  })
  const expected = { plan: 'gold', city: "'s-Hertogenbosch & Ås", seen: 'hero', next: 'footer' }
  expect(await fetchValues(server.url, path)).toEqual(expected)
  expect(await fetchValues(server.url, response.id['tntId'] ?? '')).toEqual(expected)
})

// The SDK leaves for another host once it sees a location hint or an edge host.
it('the Node SDK stays with the server, and its tntId stays, over visits in a row', async () => {
  const server = await startServer({ directory: makeDirectory() })
  const target = client(`localhost:${server.port}`)
  const visit = (id: object, profileParameters: object) =>
    target.getOffers({ request: { id, context, execute: { pageLoad: { profileParameters } } } })

  const first = await visit({ thirdPartyId: 'ann' }, { plan: 'free', city: 'Oslo' })
  const second = await visit(first.response.id, { plan: 'gold' })

  expect(second.response.id).toEqual(first.response.id)
  expect(second.response.edgeHost).toBeUndefined()
  expect(await fetchValues(server.url, 'thirdPartyId/ann')).toEqual({ plan: 'gold', city: 'Oslo' })
})

it("the Node SDK's sendNotifications stores profile parameters and gets its ids back", async () => {
  const server = await startServer({ directory: makeDirectory() })
  const target = client(`localhost:${server.port}`)

  const { response } = await target.sendNotifications({
    sessionId: 's1',
    request: {
      id: { thirdPartyId: 'ann' },
      context,
      notifications: [
        {
          id: 'n1',
          type: 'click',
          timestamp: 1_795_000_000_000,
          mbox: { name: 'hero' },
          profileParameters: { clicked: 'hero' },
        },
      ],
    },
  })

  expect(response).toMatchObject({ status: 200, notifications: [{ id: 'n1' }] })
  expect(await fetchValues(server.url, 'thirdPartyId/ann')).toEqual({ clicked: 'hero' })
})

it('ids that one call of the Node SDK names together lead to one profile', async () => {
  const server = await startServer({ directory: makeDirectory() })
  const target = client(`localhost:${server.port}`)
  const id = { tntId: 'a1', thirdPartyId: 'ann', marketingCloudVisitorId: '0723445' }

  await target.getOffers({
    request: { id, context, execute: { pageLoad: { profileParameters: { plan: 'gold' } } } },
  })

  for (const path of ['a1', 'thirdPartyId/ann', 'marketingCloudVisitorId/0723445'])
    expect(await fetchValues(server.url, path)).toEqual({ plan: 'gold' })
})

function client(serverDomain: string): TargetClient {
  return sdk.create({
    client: 'demo',
    organizationId: 'DEMO@AdobeOrg',
    serverDomain,
    secure: false,
    timeout: 10_000,
  })
}
