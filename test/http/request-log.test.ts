import { describe, expect, it } from 'vitest'
import { openMemoryStore } from '../../src/store/memory/store.ts'
import { startApp } from './start-app.ts'

/** Stands for whatever of a visitor must not be in the log: ids, names, values, queries. */
const secret = 'hush'

describe('the log', () => {
  it('has at level debug one line for each request, with its id, route, status and time', async () => {
    const { get, logged } = await startApp({ logLevel: 'debug' })

    await get('/livez')
    await get('/livez')

    const line = { msg: 'request answered', method: 'GET', route: '/livez', status: '200' }
    expect(logged).toMatchObject([line, line])
    const ids = logged.map(({ requestId }) => String(requestId))
    expect(ids).toEqual([expect.stringMatching(/^[\da-f-]{36}$/), expect.stringMatching(/^[\da-f-]{36}$/)])
    expect(ids[0]).not.toBe(ids[1])
    expect(logged[0]!['durationMs']).toEqual(expect.any(Number))
  })

  it('names in all lines of one request the same id, which is that of the 500', async () => {
    const store = openMemoryStore()
    const fail = async () => {
      throw new Error('broken')
    }
    const { get, logged } = await startApp({
      logLevel: 'debug',
      store: { ...store, profiles: { ...store.profiles, get: fail } },
    })

    const reply = await get('/rest/v1/profiles/1')

    const requestId = /request id is ([\da-f-]{36})\./.exec(reply.body)?.[1]
    expect(logged.map((line) => [line['msg'], line['requestId']])).toEqual([
      ['request failed', requestId],
      ['request answered', requestId],
    ])
  })

  // Profiles are personal data; a log goes to places that profiles must not.
  it('holds at level trace no id, attribute, value, query, body or credential of any call, refused or not', async () => {
    const { app, get, post, logged, applyBatches } = await startApp({ logLevel: 'trace' })
    const visit = { context: { channel: 'web' }, id: { tntId: secret, thirdPartyId: secret } }
    const delivery = JSON.stringify({
      ...visit,
      execute: { pageLoad: { profileParameters: { [secret]: secret } } },
    })

    await post(`/rest/v1/delivery?sessionId=${secret}`, delivery)
    await post('/rest/v1/delivery?sessionId=s', `{"${secret}":`)
    await get(`/m2/demo/profile/update?mboxPC=${secret}&profile.${secret}=${secret}`)
    await post('/m2/demo/profile/update', `mboxPC=${secret}.${secret}.${secret}&profile.a=${secret}`)
    await post('/m2/demo/v2/profile/batchUpdate', `batch=pcId,${secret}\n${secret},${secret}\n${secret}\n`)
    await post('/m2/demo/v2/profile/batchUpdate', secret)
    await applyBatches()
    await get(`/rest/v1/profiles/${secret}`)
    await get(`/rest/v1/profiles/thirdPartyId/${secret}x?${secret}`)
    await get(`/rest/v1/profiles/%zz${secret}`)
    await get(`/${secret}`)
    await get('/rest/v1/profiles/1', { authorization: `Bearer ${secret}` })
    await get('/demo/target/clients', { authorization: `Bearer ${secret}`, 'x-api-key': secret })
    await post('/ims/token/v3', `grant_type=client_credentials&client_id=${secret}&client_secret=${secret}`)
    await app.inject({ method: 'DELETE', url: `/rest/v1/profiles/${secret}`, headers: { [secret]: secret } })

    expect(logged.length).toBeGreaterThan(14)
    expect(JSON.stringify(logged)).not.toContain(secret)
    const aboutRequests = logged.filter((line) => line['method'] !== undefined)
    expect(aboutRequests.filter((line) => line['requestId'] === undefined)).toEqual([])
  })
})
