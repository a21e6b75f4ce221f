import { describe, expect, it } from 'vitest'
import { Refusal } from '../../src/lib/errors.ts'
import { openMemoryStore } from '../../src/store/memory/store.ts'
import { startApp } from './start-app.ts'

describe('an error', () => {
  const failing = (error: Error) => {
    const store = openMemoryStore()
    const fail = async () => {
      throw error
    }
    return { ...store, profiles: { ...store.profiles, apply: fail, get: fail } }
  }

  it('of the service is 500 with a request id that the log has too, and tells nothing else', async () => {
    const { get, logged } = await startApp({ store: failing(new Error('secret of /var/lib')) })

    const replies = [
      await get('/rest/v1/profiles/1'),
      await get('/m2/demo/profile/update?mboxPC=1&profile.a=secret'),
    ]

    expect(replies.map(({ statusCode }) => statusCode)).toEqual([500, 500])
    const [first, second] = logged.map(({ requestId }) => String(requestId))
    expect(replies[0]!.body).toBe(`{"status":500,"message":"Internal error; the request id is ${first}."}`)
    expect(replies[1]!.body).toBe(
      '<response><success>false</success>' +
        `<message>Internal error; the request id is ${second}.</message></response>`,
    )
    expect(logged[1]).toMatchObject({ method: 'GET', route: '/m2/:client/profile/update' })
  })

  it.each([
    ['/rest/v1/profiles/1', 404, 'profile_not_found'],
    ['/m2/demo/profile/update', 400, 'id_missing'],
    ['/ims/token/v3', 405, 'method_not_allowed'],
    ['/demo/target/users', 401, 'access_token_invalid'],
    ['/nowhere', 404, 'route_unknown'],
  ])('of a call of %s (%i) has its code in a header', async (address, status, code) => {
    const { get } = await startApp()

    const { statusCode, headers } = await get(address)

    expect({ status: statusCode, code: headers['error-code'] }).toEqual({ status, code })
  })

  it('of a store that is away is 503 with Retry-After', async () => {
    const { get } = await startApp({ store: failing(new Refusal('store_unavailable', 'The store is away.')) })

    const reply = await get('/rest/v1/profiles/1')

    expect(reply.statusCode).toBe(503)
    expect(reply.headers['retry-after']).toBe('5')
    expect(reply.body).toBe('{"status":503,"message":"The store is away."}')
  })
})
