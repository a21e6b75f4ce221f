import { describe, expect, it } from 'vitest'
import { sessionPartition } from '../../../src/domain/accounts/sessions.ts'
import { Passwords } from '../../../src/domain/accounts/passwords.ts'
import { rolesOfAction } from '../../../src/model/permission.ts'
import { password, refusalOf, startSessions } from './browser.ts'

const observer = { client: 'demo', workspace: 'default', role: 'observer' } as const
const systemAdmin = { role: 'systemAdmin' } as const

describe('signing in', () => {
  it('201 tells who one is and what one may do, and sets a cookie that no script reads', async () => {
    const { browser, person, context } = await startSessions()
    await person('ann@x.test', [systemAdmin])

    const reply = await browser().signIn('Ann@X.test')

    expect([reply.statusCode, reply.headers['cache-control']]).toEqual([201, 'no-store'])
    expect(reply.json()).toEqual({
      user: { email: 'ann@x.test', name: 'Ann', locale: '', hasPassword: true },
      clients: [
        {
          code: 'demo',
          name: 'demo',
          imsOrgId: 'DEMO@AdobeOrg',
          role: 'systemAdmin',
          requiresToken: false,
          actions: Object.keys(rolesOfAction),
        },
      ],
      isSystemAdmin: true,
      expiresAt: new Date(context.clock.nowMs() + 12 * 3_600_000).toISOString(),
    })
    expect(reply.headers['set-cookie']).toMatch(
      /^silhouette-session=[\w-]{59}; Path=\/; HttpOnly; SameSite=Lax$/,
    )
  })

  it('names the highest role of each client that one may see, and the open ones where others reach them', async () => {
    const { signedIn, context } = await startSessions({ host: '0.0.0.0' })
    await context.clients.ensure('acme', 14)
    await context.clients.ensure('zoo', 14)
    const editor = { client: 'demo', workspace: 'other', role: 'editor' } as const
    const its = await signedIn('ann@x.test', observer, editor, { client: 'acme', role: 'productAdmin' })

    const reply = (await its.call('GET', '/api/session')).json()

    const shown = reply.clients.map(({ code, role }: { code: string; role: string }) => [code, role])
    expect(shown).toEqual([
      ['acme', 'productAdmin'],
      ['demo', 'editor'],
    ])
    expect([reply.isSystemAdmin, reply.openClients]).toEqual([false, ['acme', 'demo']])
  })

  it('401 answers alike, after the same work, for the unknown, those without a password and a wrong one', async () => {
    const { context, browser, person } = await startSessions()
    await person('ann@x.test', [observer])
    await person('sso@x.test', [observer], { passwordHash: undefined })
    const checked: string[] = []
    const verify = context.passwords.verify.bind(context.passwords)
    Object.assign(context.passwords, {
      verify: (digest: string | undefined, text: string) => {
        checked.push(text)
        return verify(digest, text)
      },
    })

    const replies = [
      await browser().signIn('nobody@x.test', 'wrong 1'),
      await browser().signIn('sso@x.test', 'wrong 2'),
      await browser().signIn('ann@x.test', 'wrong 3'),
    ]

    expect(new Set(replies.map(({ body }) => body)).size).toBe(1)
    expect(new Set(replies.map(refusalOf))).toEqual(new Set(['401 sign_in_failed']))
    expect(replies.flatMap(({ cookies }) => cookies)).toEqual([])
    expect(checked).toEqual(['wrong 1', 'wrong 2', 'wrong 3'])
  })

  it('does the work of a real digest also where there is none, and never takes that for a match', async () => {
    const passwords = new Passwords()
    const own = await passwords.hash(password)

    const [head, nobodys] = [own, own].map((digest) => digest.split('$').slice(0, 4).join('$'))

    expect(head).toBe('$argon2id$v=19$m=19456,t=2,p=1')
    expect(nobodys).toBe(head)
    expect(await passwords.verify(undefined, password)).toBe(false)
    expect(await passwords.verify(own, password)).toBe(true)
  })

  it('keeps a session under a digest of its token alone', async () => {
    const { browser, person, context } = await startSessions()
    await person('ann@x.test', [observer])
    const its = browser()
    await its.signIn('ann@x.test')

    const stored = JSON.stringify(
      await context.store.documents.list(sessionPartition, 'sessions', { limit: 9 }),
    )

    expect(stored).toContain('ann@x.test')
    expect(stored).not.toContain(its.cookies.get('silhouette-session'))
  })

  it('begins another session at each sign-in, never one that the browser brought', async () => {
    const { browser, person } = await startSessions()
    await person('ann@x.test', [observer])
    const its = browser()
    const planted = 'a'.repeat(59)
    its.cookies.set('silhouette-session', planted)

    await its.signIn('ann@x.test')
    const first = its.cookies.get('silhouette-session') ?? ''
    await its.signIn('ann@x.test')
    const second = its.cookies.get('silhouette-session') ?? ''

    expect(new Set([planted, first, second]).size).toBe(3)
    const thief = browser()
    for (const stolen of [planted, first]) {
      thief.cookies.set('silhouette-session', stolen)
      expect(refusalOf(await thief.call('GET', '/api/session'))).toBe('401 session_required')
    }
    expect((await its.call('GET', '/api/session')).statusCode).toBe(200)
  })

  it('demands TLS of the browser behind TLS, by a name that no other host can set', async () => {
    const { browser, person } = await startSessions({ trustedProxies: ['192.0.2.1'] })
    await person('ann@x.test', [observer])
    const its = browser({ headers: { 'x-forwarded-proto': 'https', 'x-forwarded-host': 'p.example.com' } })
    its.cookies.set('silhouette-session', 'b'.repeat(59))

    const reply = await its.signIn('ann@x.test')

    expect(reply.headers['set-cookie']).toMatch(
      /^__Host-silhouette-session=[\w-]{59}; Path=\/; HttpOnly; Secure; SameSite=Lax$/,
    )
    its.cookies.delete('silhouette-session')
    expect((await its.call('GET', '/api/session')).statusCode).toBe(200)
  })

  it('does the same at the public address of the settings, where the proxy is not trusted', async () => {
    const { browser, person } = await startSessions({ publicUrl: 'https://p.example.com' })
    await person('ann@x.test', [observer])

    const there = await browser({ headers: { host: 'p.example.com' } }).signIn('ann@x.test')
    const here = await browser({ headers: { host: '127.0.0.1:8080' } }).signIn('ann@x.test')

    expect([there, here].map(({ cookies }) => cookies[0]?.secure)).toEqual([true, undefined])
  })

  it('400 names what a body lacks, 413 refuses a body beyond the limit', async () => {
    const { browser } = await startSessions()

    const none = await browser().call('POST', '/api/session', { email: 'a@x.test' })
    const more = await browser().call('POST', '/api/session', { email: 'a', password: 'b', role: 'c' })
    const large = await browser().call('POST', '/api/session', { email: 'a', password: 'b'.repeat(20_000) })

    expect([none, more, large].map(refusalOf)).toEqual([
      '400 parameter_invalid',
      '400 parameter_invalid',
      '413 body_too_large',
    ])
    expect(none.json().message).toBe('password is required.')
  })

  it('tells beforehand by which ways one signs in', async () => {
    const { get } = await startSessions()

    const reply = await get('/api/sign-in')

    expect(reply.json()).toEqual({ password: true, sso: null })
  })
})
