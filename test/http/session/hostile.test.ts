import { describe, expect, it } from 'vitest'
import { Passwords } from '../../../src/domain/accounts/passwords.ts'
import { errorOf } from '../admin/people.ts'
import { password, refusalOf, startSessions } from './browser.ts'

const approver = { client: 'demo', workspace: 'default', role: 'approver' } as const
const settings = '/demo/target/clients/settings'

describe('a page of another site', () => {
  it.each([
    [{ 'sec-fetch-site': 'cross-site' }],
    [{ 'sec-fetch-site': 'same-site' }],
    [{ 'sec-fetch-site': 'none' }],
    [{ 'sec-fetch-site': '', origin: 'https://evil.test' }],
    [{ 'sec-fetch-site': '', origin: 'null' }],
    [{ 'sec-fetch-site': '' }],
    [{ 'sec-fetch-site': 'cross-site', origin: 'http://localhost:80' }],
  ])('changes nothing by a person’s cookie: %j', async (headers) => {
    const { signedIn, context } = await startSessions()
    const its = await signedIn('ann@x.test', approver)

    const patch = await its.call('PATCH', settings, { enableProfileApiAuthentication: true }, headers)
    const me = await its.call('PATCH', '/api/me', { name: 'Eve' }, headers)
    const out = await its.call('DELETE', '/api/session', undefined, headers)

    expect(errorOf(patch)).toMatchObject({ status: 403, code: 'cross_site_refused' })
    expect(new Set([me, out].map(refusalOf))).toEqual(new Set(['403 cross_site_refused']))
    expect((await context.clients.get('demo'))?.requiresToken).toBe(false)
    expect((await its.call('GET', '/api/session')).json().user.name).toBe('Ann')
  })

  it.each(['cross-site', 'same-site'])('learns nothing by a person’s cookie: %s', async (site) => {
    const { signedIn } = await startSessions()
    const its = await signedIn('ann@x.test', approver)

    const replies = [
      await its.call('GET', '/api/session', undefined, { 'sec-fetch-site': site }),
      await its.call('GET', settings, undefined, { 'sec-fetch-site': site }),
    ]

    expect(replies.map(({ statusCode }) => statusCode)).toEqual([403, 403])
  })

  it('signs nobody in, so that nobody works in the account of another unawares', async () => {
    const { browser, person } = await startSessions()
    await person('eve@x.test', [approver])
    const body = { email: 'eve@x.test', password }

    const site = await browser().call('POST', '/api/session', body, { 'sec-fetch-site': 'cross-site' })
    const origin = await browser({ headers: { origin: 'https://evil.test' } }).call(
      'POST',
      '/api/session',
      body,
      { 'sec-fetch-site': 'cross-site' },
    )

    expect(new Set([site, origin].map(refusalOf))).toEqual(new Set(['403 cross_site_refused']))
    expect([...site.cookies, ...origin.cookies]).toEqual([])
  })

  it('is told apart from ours by Origin where a browser sends nothing better', async () => {
    const { signedIn, app } = await startSessions()
    const its = await signedIn('ann@x.test', approver)
    const cookie = `silhouette-session=${its.cookies.get('silhouette-session')}`
    const send = (headers: Record<string, string>) =>
      app.inject({
        method: 'PATCH',
        url: '/api/me',
        payload: '{"name":"Ann"}',
        headers: { cookie, ...headers },
      })

    const replies = [
      await send({ host: 'p.test:8080', origin: 'http://p.test:8080' }),
      await send({ host: 'p.test', origin: 'https://p.test' }),
      await send({ host: 'p.test:8080', origin: 'http://p.test:9090' }),
      await send({ host: 'p.test', origin: 'http://q.p.test' }),
    ]

    expect(replies.map(({ statusCode }) => statusCode)).toEqual([200, 200, 403, 403])
  })

  it('has no way around by an access token that is none', async () => {
    const { signedIn } = await startSessions()
    const its = await signedIn('ann@x.test', approver)

    const reply = await its.call('GET', settings, undefined, { authorization: 'Bearer x' })

    expect(errorOf(reply)).toMatchObject({ status: 401, code: 'access_token_invalid' })
  })
})

describe('who guesses passwords', () => {
  it('waits twice as long after each failure, from the sixth of an account on, and is told how long', async () => {
    const { browser, person, context } = await startSessions()
    await person('ann@x.test', [approver])
    const guess = (i: number) => browser({ remoteAddress: `198.51.100.${i}` }).signIn('ann@x.test', `no ${i}`)
    for (let i = 0; i < 5; i++) expect(refusalOf(await guess(i))).toBe('401 sign_in_failed')
    const waits: unknown[] = []

    for (let i = 5; i < 17; i++) {
      const delayed = await guess(i)
      expect(refusalOf(delayed)).toBe('429 sign_in_delayed')
      waits.push(Number(delayed.headers['retry-after']))
      context.clock.advance(Number(delayed.headers['retry-after']) * 1000)
      expect((await guess(i)).statusCode).toBe(401)
    }

    expect(waits).toEqual([1, 2, 4, 8, 16, 32, 64, 128, 256, 512, 900, 900])
  })

  it('is slowed for an unknown account like for a known one', async () => {
    const { browser } = await startSessions()
    for (let i = 0; i < 5; i++) await browser().signIn('nobody@x.test', 'no')

    const reply = await browser().signIn('nobody@x.test', 'no')

    expect(refusalOf(reply)).toBe('429 sign_in_delayed')
  })

  it('waits for an address, too, whatever the accounts, and shares it with the whole IPv6 network', async () => {
    const { browser, person } = await startSessions()
    await person('ann@x.test', [approver])
    for (let i = 0; i < 20; i++) {
      await browser({ remoteAddress: `2001:db8:1:2::${i.toString(16)}` }).signIn(`a${i}@x.test`, 'no')
    }

    const same = await browser({ remoteAddress: '2001:db8:1:2:3:4:5:6' }).signIn('ann@x.test')
    const other = await browser({ remoteAddress: '2001:db8:1:3::1' }).signIn('ann@x.test')

    expect([same.statusCode, other.statusCode]).toEqual([429, 201])
  })

  it('never keeps the owner out where they signed in before', async () => {
    const { browser, person } = await startSessions()
    await person('ann@x.test', [approver])
    await browser({ remoteAddress: '203.0.113.7' }).signIn('ann@x.test')
    for (let i = 0; i < 8; i++) await browser({ remoteAddress: `198.51.100.${i}` }).signIn('ann@x.test', 'no')

    const stranger = await browser({ remoteAddress: '198.51.100.99' }).signIn('ann@x.test')
    const owner = await browser({ remoteAddress: '203.0.113.7' }).signIn('ann@x.test')

    expect([stranger.statusCode, owner.statusCode]).toEqual([429, 201])
  })

  it('is forgotten a day after the last failure, and once the owner has signed in', async () => {
    const { browser, person, context } = await startSessions()
    await person('ann@x.test', [approver])
    for (let i = 0; i < 5; i++) await browser().signIn('ann@x.test', 'no')

    context.clock.advance(86_400_000)
    const statuses: number[] = []
    for (const its of ['no', 'no', 'no', 'no', password, 'no', 'no', 'no', 'no', password]) {
      statuses.push((await browser().signIn('ann@x.test', its)).statusCode)
    }

    expect(statuses).toEqual([401, 401, 401, 401, 201, 401, 401, 401, 401, 201])
  })

  it('gains nothing from asking many times at the same moment', async () => {
    const { browser, person } = await startSessions()
    await person('ann@x.test', [approver])

    const replies = await Promise.all(Array.from({ length: 40 }, () => browser().signIn('ann@x.test', 'no')))

    expect(replies.filter(({ statusCode }) => statusCode === 401).length).toBe(5)
  })

  it('gains nothing from a session: the current password is guessed no faster', async () => {
    const { signedIn } = await startSessions()
    const its = await signedIn('ann@x.test', approver)
    const body = { currentPassword: 'no', newPassword: 'eight loud herons' }
    for (let i = 0; i < 5; i++) await its.call('POST', '/api/me/password', body)

    const reply = await its.call('POST', '/api/me/password', body)

    expect(refusalOf(reply)).toBe('429 sign_in_delayed')
  })

  it('occupies no more than two computations at a time, and is turned away when 64 wait', async () => {
    const passwords = new Passwords()
    const digest = await passwords.hash(password)

    const results = await Promise.allSettled(
      Array.from({ length: 100 }, () => passwords.verify(digest, password)),
    )

    const refused = results.filter(({ status }) => status === 'rejected')
    expect(refused.length).toBe(100 - 2 - 64)
    expect(refused[0]).toMatchObject({ reason: { code: 'sign_in_busy', detail: { retryAfterSeconds: 5 } } })
    expect(await passwords.verify(digest, password)).toBe(true)
  })
})

describe('a person’s calls', () => {
  it('503 has a limit of 600 a minute for each person, apart from that of programs', async () => {
    const { signedIn } = await startSessions({ adminCallsPerMinute: 1 })
    const its = await signedIn('ann@x.test', approver)
    const other = await signedIn('bob@x.test', approver)
    const statuses = new Set<number>()
    for (let i = 0; i < 600; i++) statuses.add((await its.call('GET', settings)).statusCode)

    const refused = await its.call('GET', settings)

    expect([...statuses]).toEqual([200])
    expect(errorOf(refused)).toMatchObject({ status: 503, code: 'calls_too_many' })
    expect((await other.call('GET', settings)).statusCode).toBe(200)
  })

  it('401 tells an ended session from a call without anything', async () => {
    const { signedIn, app, browser } = await startSessions()
    await signedIn('ann@x.test', approver)
    const ended = browser()
    ended.cookies.set('silhouette-session', 'c'.repeat(59))

    const replies = [await ended.call('GET', settings), await app.inject({ url: settings })]

    expect(replies.map(errorOf).map(({ status, code }) => [status, code])).toEqual([
      [401, 'session_required'],
      [401, 'access_token_invalid'],
    ])
  })

  it('are in the audit log under the person’s address and name', async () => {
    const { signedIn } = await startSessions()
    const its = await signedIn('ann@x.test', approver)
    await its.call('PATCH', settings, { locale: 'nl' })

    const { revisions } = (await its.call('GET', '/demo/target/revisions/clientSettings/demo')).json()

    expect(revisions[0]).toMatchObject({ modifiedBy: 'ann@x.test', modifiedByName: 'Ann' })
  })
})
