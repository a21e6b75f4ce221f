import { describe, expect, it } from 'vitest'
import { sessionPartition } from '../../../src/domain/accounts/sessions.ts'
import { password, refusalOf, startSessions, type Browser } from './browser.ts'

const observer = { client: 'demo', workspace: 'default', role: 'observer' } as const
const systemAdmin = { role: 'systemAdmin' } as const
const hourMs = 3_600_000

const statusOf = async (browser: Browser) => (await browser.call('GET', '/api/session')).statusCode

describe('a session', () => {
  it('ends on sign-out for good, also for who copied its cookie', async () => {
    const { signedIn, browser } = await startSessions()
    const its = await signedIn('ann@x.test', observer)
    const thief = browser()
    thief.cookies.set('silhouette-session', its.cookies.get('silhouette-session') ?? '')

    const reply = await its.call('DELETE', '/api/session')

    expect([reply.statusCode, its.cookies.size]).toEqual([204, 0])
    expect(await statusOf(thief)).toBe(401)
    expect((await its.call('DELETE', '/api/session')).statusCode).toBe(204)
  })

  it('ends after 12 hours without a use, and after 30 days whatever its use', async () => {
    const { signedIn, context } = await startSessions()
    const idle = await signedIn('ann@x.test', observer)
    const busy = await signedIn('bob@x.test', observer)
    const found: number[] = []

    context.clock.advance(12 * hourMs - 1)
    found.push(await statusOf(busy))
    context.clock.advance(1)
    found.push(await statusOf(idle))
    for (let i = 0; i < 64; i++) {
      context.clock.advance(11 * hourMs)
      await statusOf(busy)
    }
    found.push(await statusOf(busy))
    context.clock.advance(30 * 24 * hourMs - 12 * hourMs - 64 * 11 * hourMs)
    found.push(await statusOf(busy))

    expect(found).toEqual([200, 401, 200, 401])
  })

  it('writes a use at most once in five minutes', async () => {
    const { signedIn, context } = await startSessions()
    const its = await signedIn('ann@x.test', observer)
    const versions: number[] = []
    const look = async () => {
      await statusOf(its)
      const [document] = await context.store.documents.list(sessionPartition, 'sessions', { limit: 1 })
      versions.push(document?.version ?? 0)
    }

    for (const minutes of [0, 4, 1, 4, 1]) {
      context.clock.advance(minutes * 60_000)
      await look()
    }

    expect(versions).toEqual([1, 1, 2, 2, 3])
  })

  it('ends with the person, and does not come back with one of the same address', async () => {
    const { signedIn, person } = await startSessions()
    const admin = await signedIn('root@x.test', systemAdmin)
    const its = await signedIn('ann@x.test', observer)

    await admin.call('DELETE', '/demo/target/users/ann@x.test')
    const gone = await statusOf(its)
    await admin.call('POST', '/demo/target/users', { email: 'ann@x.test' })
    const again = await statusOf(its)
    await person('ann@x.test', [observer], { generation: 'another' })

    expect([gone, again, await statusOf(its)]).toEqual([401, 401, 401])
  })

  it('is ended by an administrator, with all others of the person, at once', async () => {
    const { signedIn, browser } = await startSessions()
    const admin = await signedIn('root@x.test', systemAdmin)
    const its = await signedIn('ann@x.test', observer)
    const other = browser()
    await other.signIn('ann@x.test')

    const reply = await admin.call('DELETE', '/demo/target/users/Ann@x.test/sessions')

    expect(reply.statusCode).toBe(204)
    expect([await statusOf(its), await statusOf(other), await statusOf(admin)]).toEqual([401, 401, 200])
    expect((await its.signIn('ann@x.test')).statusCode).toBe(201)
  })

  it('loses a right in the moment that the membership is taken', async () => {
    const { signedIn } = await startSessions()
    const admin = await signedIn('root@x.test', systemAdmin)
    const its = await signedIn('ann@x.test', { ...observer, role: 'approver' })
    const turn = () =>
      its.call('PATCH', '/demo/target/clients/settings', { enableProfileApiAuthentication: true })

    const before = await turn()
    await admin.call('PATCH', '/demo/target/users/ann@x.test', { memberships: [{ role: 'observer' }] })

    expect([before.statusCode, (await turn()).statusCode]).toEqual([200, 403])
  })

  it('is seen as ended by another node within a second', async () => {
    const first = await startSessions()
    const second = await startSessions({ store: first.context.store })
    const its = await first.signedIn('ann@x.test', observer)
    const there = second.browser()
    there.cookies.set('silhouette-session', its.cookies.get('silhouette-session') ?? '')
    const before = await statusOf(there)

    await its.call('DELETE', '/api/session')
    second.context.clock.advance(999)

    expect([before, await statusOf(there)]).toEqual([200, 401])
  })

  it('is one of 50 that a person has at most: one more ends the one used longest ago', async () => {
    const { signedIn, browser, context } = await startSessions()
    const used = await signedIn('ann@x.test', observer)
    const unused = await signedIn('ann@x.test', observer)
    const other = await signedIn('bob@x.test', observer)
    const user = await context.people.get('ann@x.test')
    for (let i = 0; i < 48; i++) {
      context.clock.advance(60_000)
      await context.sessions.begin(user ?? expect.fail('there is no Ann'))
    }
    await statusOf(used)

    await browser().signIn('ann@x.test')

    expect([await statusOf(used), await statusOf(unused), await statusOf(other)]).toEqual([200, 401, 200])
  })

  it('is swept from the store when it has ended, and not before', async () => {
    const { signedIn, context } = await startSessions()
    await signedIn('ann@x.test', observer)
    const count = async () =>
      (await context.store.documents.list(sessionPartition, 'sessions', { limit: 9 })).length

    context.clock.advance(11 * hourMs)
    await context.sessions.sweep()
    const before = await count()
    context.clock.advance(hourMs)
    await context.sessions.sweep()

    expect([before, await count()]).toEqual([1, 0])
  })
})

describe('one’s own account', () => {
  it('takes another name and locale, which everything shows from then on', async () => {
    const { signedIn, browser } = await startSessions()
    const its = await signedIn('ann@x.test', observer)

    const reply = await its.call('PATCH', '/api/me', { name: 'Ann Bee', locale: 'nl' })
    const again = await browser().signIn(' ann@x.test ')

    expect(reply.json().user).toEqual({
      email: 'ann@x.test',
      name: 'Ann Bee',
      locale: 'nl',
      hasPassword: true,
    })
    expect(again.json().user).toEqual(reply.json().user)
  })

  it('refuses what is no name, no language, or no business of one’s own', async () => {
    const { signedIn } = await startSessions()
    const its = await signedIn('ann@x.test', observer)

    const replies = [
      await its.call('PATCH', '/api/me', { name: 'a\u0000b' }),
      await its.call('PATCH', '/api/me', { locale: 'nl; DROP' }),
      await its.call('PATCH', '/api/me', { memberships: [systemAdmin] }),
    ]

    expect(new Set(replies.map(refusalOf))).toEqual(new Set(['400 parameter_invalid']))
  })

  it('takes a new password for the current one, ends other sessions, and begins this one anew', async () => {
    const { signedIn, browser } = await startSessions()
    const its = await signedIn('ann@x.test', observer)
    const other = browser()
    await other.signIn('ann@x.test')
    const former = its.cookies.get('silhouette-session')

    const reply = await its.call('POST', '/api/me/password', {
      currentPassword: password,
      newPassword: 'eight loud herons',
    })

    expect(reply.statusCode).toBe(200)
    expect(its.cookies.get('silhouette-session')).not.toBe(former)
    expect([await statusOf(its), await statusOf(other)]).toEqual([200, 401])
    expect((await browser().signIn('ann@x.test')).statusCode).toBe(401)
    expect((await browser().signIn('ann@x.test', 'eight loud herons')).statusCode).toBe(201)
  })

  it('403 keeps the password where the current one is wrong or there is none', async () => {
    const { signedIn, person, browser, context } = await startSessions()
    const its = await signedIn('ann@x.test', observer)
    const body = { currentPassword: 'not it', newPassword: 'eight loud herons' }

    const wrong = await its.call('POST', '/api/me/password', body)
    await person('ann@x.test', [observer], { passwordHash: undefined })
    const none = await its.call('POST', '/api/me/password', body)

    expect(new Set([wrong, none].map(refusalOf))).toEqual(new Set(['403 password_wrong']))
    expect(refusalOf(await browser().signIn('ann@x.test', 'eight loud herons'))).toBe('401 sign_in_failed')
    expect((await context.people.get('ann@x.test'))?.passwordHash).toBeUndefined()
  })

  it.each([
    ['eleven-long', 'has 11 characters; use 12 or more'],
    ['x'.repeat(100) + 'quiet herons '.repeat(13), 'has 269 characters; use 256 at most'],
    ['Password1234!', 'is one of the most common'],
    ['P@ssw0rd2024', 'is one of the most common'],
    ['passwordpassword', 'is one of the most common'],
    ['Qwertyuiop12', 'is one of the most common'],
    ['123456789012', 'is one of the most common'],
    ['aaaaaaaaaaaa', 'is one of the most common'],
    ['abababababab', 'is one of the most common'],
    ['abcdefghijklm', 'is one of the most common'],
    ['ann.longname@x.test', 'is made of the e-mail address'],
    ['ANN.longname2026', 'is made of the e-mail address'],
    ['annexample1!', 'is made of the e-mail address'],
  ])('400 refuses the new password %s', async (newPassword, why) => {
    const { signedIn, person } = await startSessions()
    const its = await signedIn('ann.longname@x.test', observer)
    await person('ann.longname@x.test', [observer], { name: 'Ann Example' })

    const reply = await its.call('POST', '/api/me/password', { currentPassword: password, newPassword })

    expect(refusalOf(reply)).toBe('400 password_refused')
    expect(reply.json().message).toContain(why)
  })

  it.each(['correct horse battery staple', 'seven-93#heron-2213', 'Ünïcödé-wörter-9', 'x8Kd02mNq4Lp'])(
    'takes the new password %s',
    async (newPassword) => {
      const { signedIn } = await startSessions()
      const its = await signedIn('ann@x.test', observer)

      const reply = await its.call('POST', '/api/me/password', { currentPassword: password, newPassword })

      expect(reply.statusCode).toBe(200)
    },
  )

  it('leaves in the audit log who did it, and of the password only that it changed', async () => {
    const { signedIn } = await startSessions()
    const admin = await signedIn('root@x.test', systemAdmin)
    const its = await signedIn('ann@x.test', observer)
    await its.call('POST', '/api/me/password', {
      currentPassword: password,
      newPassword: 'eight loud herons',
    })

    const address = '/demo/target/revisions/user/ann@x.test'
    const { revisions } = (await admin.call('GET', address)).json()
    const detail = (await admin.call('GET', `${address}/revision/${revisions[0].id}`)).json()

    expect(revisions[0]).toMatchObject({ operation: 'patch', modifiedBy: 'ann@x.test' })
    expect(JSON.parse(detail.jsonData).after).toMatchObject({ password: 'changed' })
    expect(detail.jsonData).not.toMatch(/argon2|herons|generation/)
  })
})
