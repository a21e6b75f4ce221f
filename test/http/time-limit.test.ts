import { describe, expect, it } from 'vitest'
import { openMemoryStore } from '../../src/store/memory/store.ts'
import type { Store } from '../../src/store/store.ts'
import { withMethods } from '../../src/lib/with-methods.ts'
import { head, openConnection } from './raw-connection.ts'
import { startApp } from './start-app.ts'

/** A store over a network, whose profiles hang or answer. */
function storeWithLimit(requestMsMax: number, { hangs }: { readonly hangs: boolean }): Store {
  const store = openMemoryStore()
  if (!hangs) return { ...store, requestMsMax }
  const never = () => new Promise<never>(() => {})
  return { ...store, requestMsMax, profiles: withMethods(store.profiles, { get: never, apply: never }) }
}

describe('a store with a limit for requests', () => {
  it.each(['/rest/v1/profiles/thirdPartyId/ada?client=demo', '/m2/demo/profile/update?mbox3rdPartyId=ada'])(
    'ends %s with 503 when the store hangs, and says that nothing is confirmed',
    async (url) => {
      const { get, logged } = await startApp({ store: storeWithLimit(50, { hangs: true }) })

      const reply = await get(url)

      expect([reply.statusCode, reply.headers['retry-after']]).toEqual([503, '5'])
      expect(reply.body).toContain('nothing is confirmed. Try again later.')
      expect(logged).toMatchObject([{ code: 'store_unavailable' }])
    },
  )

  it('does not count the time that a body takes to arrive', async () => {
    const { listen, profile, fetch } = await startApp({ store: storeWithLimit(100, { hangs: false }) })
    await profile({ thirdPartyId: 'ada' })
    const connection = await openConnection(await listen())
    const body = 'mbox3rdPartyId=ada&profile.tier=gold'

    await connection.send(head('POST /m2/demo/profile/update', { 'content-length': body.length }))
    for (const byte of body) {
      await connection.send(byte)
      // Ten times the limit in all.
      await new Promise((resolve) => setTimeout(resolve, 30))
    }

    expect(await connection.receive('</response>')).toMatch(/^HTTP\/1.1 200 OK/)
    expect(await fetch('thirdPartyId/ada?client=demo')).toEqual({ tier: 'gold' })
  })
})
