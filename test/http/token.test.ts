import { describe, expect, it } from 'vitest'
import { crc32 } from 'node:zlib'
import { mintToken } from '../../src/domain/tokens/format.ts'
import type { Store } from '../../src/store/store.ts'
import { openMemoryStore } from '../../src/store/memory/store.ts'
import { startAdminApp, type AdminApp } from './admin/people.ts'

const path = '/authentication/token?authorizationScope=profile_api'
const day = 86_400_000

/** The four calls that need the token while the switch is on. */
const calls = [
  ['POST', '/m2/demo/profile/update?mboxPC=1&profile.a=1'],
  ['POST', '/m2/demo/v2/profile/batchUpdate'],
  ['POST', '/m2/demo/profile/batchUpdate'],
  ['GET', '/m2/demo/profile/batchStatus?batchId=demo-1-1'],
  ['GET', '/rest/v1/profiles/1?client=demo'],
  ['GET', '/rest/v1/profiles/thirdPartyId/1?client=demo'],
  ['GET', '/rest/v1/profiles/marketingCloudVisitorId/1?client=demo'],
] as const

const upload = 'batch=pcId,a\n1,1\n'

async function statuses({ app }: AdminApp, headers: Record<string, string> = {}): Promise<number[]> {
  const replies = []
  for (const [method, url] of calls) {
    replies.push(
      await app.inject({ method, url, headers, ...(url.includes('batchUpdate') && { payload: upload }) }),
    )
  }
  return replies.map(({ statusCode }) => statusCode)
}

const open = [200, 200, 200, 404, 200, 404, 404]
const shut = calls.map(() => 403)

function bearer(token: string) {
  return { authorization: `Bearer ${token}` }
}

async function turn({ admin }: AdminApp, on: boolean) {
  await admin('PATCH', '/clients/settings', { enableProfileApiAuthentication: on })
}

async function generate({ admin }: AdminApp, body: object = {}, address = path): Promise<string> {
  return (await admin('POST', address, body)).json<{ accessToken: string }>().accessToken
}

async function reasonFor({ app }: AdminApp, headers: Record<string, string>): Promise<string> {
  const reply = await app.inject({ url: '/rest/v1/profiles/1?client=demo', headers })
  return `${reply.statusCode} ${String(reply.headers['www-authenticate'])}`
}

describe('the profile authentication token', () => {
  it('is demanded once the switch is on, opens all four calls, is read, replaced, overlapped, and expires', async () => {
    const app = await startAdminApp()
    await app.profile({ tntId: '1' })
    expect(await statuses(app)).toEqual(open)

    await turn(app, true)
    expect(await statuses(app)).toEqual(shut)
    const visit = await app.post('/rest/v1/delivery?client=demo&sessionId=s', '{"context":{"channel":"web"}}')
    expect(visit.statusCode).toBe(200)

    const first = await generate(app)
    expect(await statuses(app, bearer(first))).toEqual(open)
    app.context.clock.advance(5_000)
    const read = (await app.admin('GET', path)).json<{ expiresIn: number }>()
    expect(read).toEqual({
      accessToken: first,
      tokenType: 'bearer',
      scope: 'profile_api',
      expiresIn: 90 * 86_400 - 6,
    })

    const second = await generate(app)
    expect(await statuses(app, bearer(first))).toEqual(shut)
    expect(await reasonFor(app, bearer(first))).toContain('was replaced by a new one at')
    expect(await statuses(app, bearer(second))).toEqual(open)

    const third = await generate(app, { expiresIn: 7_200, overlap: 3_600 })
    expect([await statuses(app, bearer(second)), await statuses(app, bearer(third))]).toEqual([open, open])
    app.context.clock.advance(3_600_000)
    expect(await statuses(app, bearer(second))).toEqual(shut)
    expect(await statuses(app, bearer(third))).toEqual(open)

    await turn(app, false)
    expect(await statuses(app, bearer(second))).toEqual(open)
    await turn(app, true)
    expect(await statuses(app, bearer(third))).toEqual(open)

    app.context.clock.advance(3_600_000)
    expect(await statuses(app, bearer(third))).toEqual(shut)
    expect(await reasonFor(app, bearer(third))).toContain('expired at')
    expect((await app.admin('GET', path)).statusCode).toBe(404)
  })

  it('403 says in WWW-Authenticate why each bad token is refused', async () => {
    const app = await startAdminApp()
    await app.admin('POST', '/clients', { code: 'acme' })
    await turn(app, true)
    const good = await generate(app)
    const debug = await generate(app, {}, '/authentication/token?authorizationScope=debug_tools')
    const others = await generate(app, {}, '//acme/target/authentication/token?scope=profile_api')
    const revoked = await generate(app)
    await app.admin('DELETE', path)
    const nearly = good.slice(0, -1) + (good.endsWith('0') ? '1' : '0')
    const cases: [Record<string, string>, string, string][] = [
      [{}, 'invalid_token', 'is missing'],
      [{ authorization: 'Basic YTpi' }, 'invalid_token', 'is missing'],
      [bearer('nonsense'), 'invalid_token', 'is malformed'],
      [bearer(nearly), 'invalid_token', 'is malformed'],
      [bearer(mintToken('demo')), 'invalid_token', 'is not known'],
      [bearer(others), 'invalid_token', 'is not of client demo but of another client'],
      [bearer(debug), 'insufficient_scope', 'has the scope debug_tools'],
      [bearer(good), 'invalid_token', 'was replaced by a new one'],
      [bearer(revoked), 'invalid_token', 'was revoked'],
    ]
    for (const [headers, error, words] of cases) {
      const reason = await reasonFor(app, headers)

      expect(reason).toContain(`403 Bearer realm="profile-api", error="${error}", error_description="`)
      expect(reason).toContain(words)
      expect(await statuses(app, headers)).toEqual(shut)
    }
  })

  it('is taken from Authorization in any case, and from access_token beside another bearer', async () => {
    const app = await startAdminApp()
    await app.profile({ tntId: '1' })
    await turn(app, true)
    const token = await generate(app)

    expect(await statuses(app, { authorization: `bEARER ${token}` })).toEqual(open)
    expect(await statuses(app, { access_token: token })).toEqual(open)
    expect(await statuses(app, { ...bearer('an.other.token'), access_token: token })).toEqual(open)
    expect(await statuses(app, { ...bearer(token), access_token: 'stale' })).toEqual(open)
  })

  it('has the documented form: an id, a secret, and a checksum of both', async () => {
    const app = await startAdminApp()

    const token = await generate(app)

    const digits = '0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz'
    const value = Array.from(token.slice(-6)).reduce((sum, digit) => sum * 62 + digits.indexOf(digit), 0)
    expect(token).toMatch(/^slh_[0-9A-Za-z]{8}_[0-9A-Za-z]{38}$/)
    expect(value).toBe(crc32(token.slice(0, -6)))
  })

  it('is judged after a wrong method and an unknown client, and before sizes and all else', async () => {
    const app = await startAdminApp()
    await turn(app, true)
    const long = `/m2/demo/profile/update?profile.a=${'x'.repeat(9_000)}`

    const replies = [
      await app.app.inject({ method: 'DELETE', url: '/m2/demo/profile/update' }),
      await app.get('/m2/nobody/profile/update'),
      await app.get(long),
      await app.get('/m2/demo/profile/update?profile.a=%zz'),
    ]

    expect(replies.map(({ statusCode }) => statusCode)).toEqual([405, 404, 403, 403])
    expect(replies[2]?.body).toContain('<success>false</success><message>The profile authentication token')
  })

  it('lives 90 days by default and 6 hours for debugging tools, and from 1 second to 365 days when asked', async () => {
    const { admin } = await startAdminApp()
    const expiresIn = async (scope: string, body?: object) => {
      const reply = await admin('POST', `/authentication/token?authorizationScope=${scope}`, body)
      return reply.statusCode === 201 ? reply.json<{ expiresIn: number }>().expiresIn : reply.statusCode
    }

    expect(await expiresIn('profile_api')).toBe(7_776_000)
    expect(await expiresIn('debug_tools')).toBe(21_600)
    expect(await expiresIn('profile_api', { expiresIn: 1 })).toBe(1)
    expect(await expiresIn('profile_api', { expiresIn: 31_536_000 })).toBe(31_536_000)
    for (const bad of [0, -1, 31_536_001, 1.5, '60', null]) {
      expect([bad, await expiresIn('profile_api', { expiresIn: bad })]).toEqual([bad, 400])
    }
    for (const bad of [-1, 604_801, 0.5]) {
      expect([bad, await expiresIn('profile_api', { overlap: bad })]).toEqual([bad, 400])
    }
    expect(await expiresIn('anything')).toBe(400)
    expect(await expiresIn('profile_api', { life: 5 })).toBe(400)
  })

  it('overlaps end at their own time, whatever is generated later, and with their own expiry', async () => {
    const app = await startAdminApp()
    await app.profile({ tntId: '1' })
    await turn(app, true)
    const short = await generate(app, { expiresIn: 100 })
    const second = await generate(app, { overlap: 1_000 })
    const third = await generate(app, { overlap: 50 })
    await generate(app)
    const works = async () => {
      const replies = [short, second, third].map((token) => reasonFor(app, bearer(token)))
      return (await Promise.all(replies)).map((reason) => reason.startsWith('200'))
    }

    expect(await works()).toEqual([true, true, false])
    app.context.clock.advance(49_000)
    expect(await works()).toEqual([true, true, false])
    app.context.clock.advance(2_000)
    expect(await works()).toEqual([true, false, false])
    app.context.clock.advance(50_000)
    expect(await works()).toEqual([false, false, false])
  })

  it('DELETE with overlapping=true ends the replaced ones alone, and 404 when there are none', async () => {
    const app = await startAdminApp()
    await app.profile({ tntId: '1' })
    await turn(app, true)
    const old = await generate(app)
    const current = await generate(app, { overlap: 3_600 })

    const first = await app.admin('DELETE', `${path}&overlapping=true`)
    const again = await app.admin('DELETE', `${path}&overlapping=true`)

    expect([first.statusCode, again.statusCode]).toEqual([204, 404])
    expect(await statuses(app, bearer(old))).toEqual(shut)
    expect(await statuses(app, bearer(current))).toEqual(open)
  })

  it('shows its expiry without its characters to those who may not read it', async () => {
    const { admin, asRole } = await startAdminApp()
    await admin('POST', path)
    const observer = await asRole('observer')

    expect((await observer('GET', path)).json()).toEqual({
      tokenType: 'bearer',
      scope: 'profile_api',
      expiresIn: 7_776_000,
    })
  })

  it('tells with details who made it and who used it last', async () => {
    const app = await startAdminApp()
    await turn(app, true)
    const token = await generate(app)
    await app.get('/rest/v1/profiles/1?client=demo', { ...bearer(token), 'user-agent': 'loader/1' })

    const { createdBy, lastUse, overlapping } = (await app.admin('GET', `${path}&details=true`)).json()

    expect(createdBy).toBe('crd_test0')
    expect(lastUse).toEqual({
      at: new Date(app.context.clock.nowMs()).toISOString(),
      address: '127.0.0.1',
      userAgent: 'loader/1',
      endpoint: 'GET /rest/v1/profiles/{id}',
    })
    expect(overlapping).toEqual([])
  })

  it('stays good for 10 s while the store is away, and is 503, never 403, when it cannot be checked', async () => {
    const { store, fail } = failingStore()
    const app = await startAdminApp({ store })
    await app.profile({ tntId: '1' })
    await turn(app, true)
    const token = await generate(app)
    expect(await statuses(app, bearer(token))).toEqual(open)
    const get = () => app.get('/rest/v1/profiles/1?client=demo', bearer(token))

    fail()
    app.context.clock.advance(9_000)
    const soon = await get()
    app.context.clock.advance(2_000)
    const late = await get()

    expect([soon.statusCode, late.statusCode]).toEqual([200, 503])
    expect(late.headers['retry-after']).toBe('5')
  })

  it('is found in no reply, log, document or entry of the audit log but where it is asked for', async () => {
    const store = openMemoryStore()
    const app = await startAdminApp({ store })
    await turn(app, true)
    const token = await generate(app)
    const secret = token.slice(13, 45)
    await app.get('/rest/v1/profiles/1?client=demo', bearer(`${token}x`))
    await app.get('/rest/v1/profiles/1?client=demo', bearer(token))
    await app.context.callers.flush({ everything: true })

    const kept: unknown[] = []
    for (const partition of ['*', 'demo']) {
      for (const collection of ['tokens', 'revisions', 'settings', 'credentials', 'token-uses', 'callers']) {
        kept.push(await store.documents.list(partition, collection, { limit: 1_000 }))
      }
    }
    const revisions = await app.admin('GET', '/revisions/authenticationToken/profile_api')
    const [{ id }] = revisions.json<{ revisions: [{ id: number }] }>().revisions
    const revision = await app.admin('GET', `/revisions/authenticationToken/profile_api/revision/${id}`)

    expect(JSON.stringify(kept)).toContain('"sealed"')
    for (const text of [JSON.stringify(kept), revisions.body, revision.body, JSON.stringify(app.logged)]) {
      expect(text).not.toContain(secret)
    }
  })
})

describe('callers without a token', () => {
  it('are counted while the switch is off, by address, user agent and endpoint, for 24 hours', async () => {
    const app = await startAdminApp()
    const token = await generate(app)
    const call = (headers: Record<string, string>) => app.get('/rest/v1/profiles/1?client=demo', headers)
    await call({ 'user-agent': 'crm/1' })
    await call({ 'user-agent': 'crm/1', ...bearer('nonsense') })
    await call({ 'user-agent': 'other/2' })
    await call({ 'user-agent': 'good/3', ...bearer(token) })

    const lastAt = new Date(app.context.clock.nowMs()).toISOString()
    const { total, callers } = (await app.admin('GET', '/callers')).json()
    app.context.clock.advance(day)
    const later = (await (await app.asRole('observer'))('GET', '/callers')).json()

    const endpoint = 'GET /rest/v1/profiles/{id}'
    expect(total).toBe(2)
    expect(callers).toEqual(
      expect.arrayContaining([
        { address: '127.0.0.1', userAgent: 'crm/1', endpoint, calls: 2, lastAt },
        { address: '127.0.0.1', userAgent: 'other/2', endpoint, calls: 1, lastAt },
      ]),
    )
    expect(later).toEqual({ total: 0, callers: [] })
  })

  it('are at most 1,000, and their addresses as unrecognizable as the client asks for', async () => {
    const app = await startAdminApp()
    await app.admin('PATCH', '/clients/settings', { ipObfuscation: 'LAST_OCTET' })
    for (let i = 0; i < 1_010; i++) {
      await app.get('/rest/v1/profiles/1?client=demo', { 'user-agent': `agent/${i}` })
    }

    const { total, callers } = (await app.admin('GET', '/callers?limit=1')).json()

    expect([total, callers.length, callers[0].address]).toEqual([1_000, 1, '127.0.0.0'])
  })
})

/** A store whose control records cannot be read any more once `fail` is called. */
function failingStore(): { store: Store; fail: () => void } {
  const store = openMemoryStore()
  let fails = false
  const get: Store['documents']['get'] = async (...key) => {
    if (fails)
      throw new (await import('../../src/lib/errors.ts')).Refusal('store_unavailable', 'The store is away.')
    return store.documents.get(...key)
  }
  return { store: { ...store, documents: { ...store.documents, get } }, fail: () => (fails = true) }
}
