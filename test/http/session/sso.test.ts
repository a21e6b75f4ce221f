import { beforeEach, describe, expect, it } from 'vitest'
import { startSessions, type Browser } from './browser.ts'
import { startProvider, type TestProvider } from './provider.ts'

const origin = 'http://profiles.test'
const observer = { client: 'demo', workspace: 'default', role: 'observer' } as const

let provider: TestProvider

beforeEach(async () => {
  provider = await startProvider(`${origin}/api/sso/callback`)
  provider.claims = { email: 'Ann@x.test', email_verified: true, name: 'Ann of the provider' }
})

async function startSso(given: { creates?: boolean; clientSecret?: string } = {}) {
  const { clientId, clientSecret } = { ...provider.client, ...given }
  const sso = {
    issuer: provider.issuer,
    clientId,
    clientSecret,
    name: 'Example',
    creates: given.creates ?? false,
  }
  const app = await startSessions({ sso, logLevel: 'warn' })
  const browser = () => app.browser({ headers: { host: 'profiles.test', 'sec-fetch-site': 'cross-site' } })
  return { ...app, browser }
}

/** Goes to the provider and signs in there; the path that leads back. */
async function visitProvider(browser: Browser, { returnTo = '', change = (url: URL) => url } = {}) {
  const query = returnTo === '' ? '' : `?returnTo=${encodeURIComponent(returnTo)}`
  const start = await browser.call('GET', `/api/sso/start${query}`)
  const back = await provider.walk(change(new URL(String(start.headers.location))).href)
  expect(back.origin).toBe(origin)
  return back.pathname + back.search
}

async function signInBySso(browser: Browser, returnTo?: string) {
  return browser.call('GET', await visitProvider(browser, returnTo === undefined ? {} : { returnTo }))
}

const whoIs = async (browser: Browser) =>
  (await browser.call('GET', '/api/session', undefined, { 'sec-fetch-site': 'same-origin' })).json().user

describe('single sign-on', () => {
  it('is offered under the name of the settings', async () => {
    const { get } = await startSso()

    const reply = await get('/api/sign-in')

    expect(reply.json()).toEqual({ password: true, sso: { name: 'Example', url: '/api/sso/start' } })
  })

  it('signs in the person whom the provider names by a verified address, and goes on where they were', async () => {
    const { browser, person } = await startSso()
    await person('ann@x.test', [observer], { passwordHash: undefined })
    const its = browser()

    const reply = await signInBySso(its, '/console/demo/profiles?q=1#top')

    expect([reply.statusCode, reply.headers.location]).toEqual([302, '/console/demo/profiles?q=1#top'])
    expect(its.cookies.has('silhouette-sso')).toBe(false)
    expect(await whoIs(its)).toEqual({ email: 'ann@x.test', name: 'Ann', locale: '', hasPassword: false })
  })

  it('asks with a challenge, a state and a nonce that are others each time', async () => {
    const { browser } = await startSso()
    const ask = async () => {
      const { headers } = await browser().call('GET', '/api/sso/start')
      return new URL(String(headers.location)).searchParams
    }

    const [first, second] = [await ask(), await ask()]

    expect(Object.fromEntries(first)).toMatchObject({
      response_type: 'code',
      client_id: 'silhouette',
      redirect_uri: `${origin}/api/sso/callback`,
      scope: 'openid email profile',
      code_challenge_method: 'S256',
    })
    for (const name of ['state', 'nonce', 'code_challenge']) {
      expect(first.get(name)).toMatch(/^[\w-]{43}$/)
      expect(first.get(name)).not.toBe(second.get(name))
    }
  })

  it('lets nobody in whom nobody has added, unless the settings make them observers', async () => {
    const closed = await startSso()
    const open = await startSso({ creates: true })
    const stranger = closed.browser()
    const newcomer = open.browser()

    const refused = await signInBySso(stranger)
    const taken = await signInBySso(newcomer)

    expect(refused.headers.location).toBe('/console/sign-in?problem=sso_unknown_person')
    expect(refused.cookies.map(({ name, value }) => [name, value])).toEqual([['silhouette-sso', '']])
    expect(await closed.context.people.get('ann@x.test')).toBeUndefined()
    expect(taken.headers.location).toBe('/console/')
    expect(await whoIs(newcomer)).toMatchObject({ email: 'Ann@x.test', name: 'Ann of the provider' })
    expect((await open.context.people.get('ann@x.test'))?.memberships).toEqual([observer])
  })

  it('gives nobody who is known another role, nor a password', async () => {
    const { browser, person, context } = await startSso({ creates: true })
    await person('ann@x.test', [{ role: 'systemAdmin' }])
    const before = await context.people.get('ann@x.test')

    await signInBySso(browser())

    expect(await context.people.get('ann@x.test')).toEqual(before)
  })

  it.each([
    ['is not verified', { email: 'ann@x.test', email_verified: false }],
    ['is not said to be verified', { email: 'ann@x.test' }],
    ['is none', { name: 'Ann' }],
  ])('refuses an address that %s', async (_title, claims) => {
    const { browser, person } = await startSso({ creates: true })
    await person('ann@x.test', [observer])
    provider.claims = claims
    const its = browser()

    const reply = await signInBySso(its)

    expect(reply.headers.location).toBe('/console/sign-in?problem=sso_email_unverified')
    expect(its.cookies.size).toBe(0)
  })

  it('says that the provider refused when it did', async () => {
    const { browser } = await startSso()
    provider.refuses = true

    const reply = await signInBySso(browser())

    expect(reply.headers.location).toBe('/console/sign-in?problem=sso_refused')
  })

  it.each([
    'https://evil.test/console/',
    '//evil.test/console/',
    '/\\evil.test/console/',
    '/console/../m2/demo',
    '/console',
    'javascript:alert(1)',
    `/console/${'x'.repeat(1_000)}`,
  ])('goes to no other place than the console: %s', async (returnTo) => {
    const { browser, person } = await startSso()
    await person('ann@x.test', [observer])

    const reply = await signInBySso(browser(), returnTo)

    expect(reply.headers.location).toBe('/console/')
  })

  it('404 is said of both addresses while it is not set up', async () => {
    const { get } = await startSessions()

    const replies = [await get('/api/sso/start'), await get('/api/sso/callback?code=1&state=2')]

    expect(replies.map(({ statusCode }) => statusCode)).toEqual([404, 404])
  })

  it('starts while the provider is away, says so, and works once it is there', async () => {
    const { browser, person } = await startSso()
    await person('ann@x.test', [observer])
    await provider.close()

    const away = await browser().call('GET', '/api/sso/start')
    await provider.open()
    const there = await signInBySso(browser())

    expect(away.headers.location).toBe('/console/sign-in?problem=sso_unavailable')
    expect(there.headers.location).toBe('/console/')
  })
})

describe('a return from single sign-on', () => {
  const invalid = '/console/sign-in?problem=sso_invalid'

  it('works once: neither the address nor the cookie is good for a second', async () => {
    const { browser, person } = await startSso()
    await person('ann@x.test', [observer])
    const its = browser()
    const back = await visitProvider(its)
    const kept = its.cookies.get('silhouette-sso') ?? ''
    const thief = browser()
    thief.cookies.set('silhouette-sso', kept)

    const first = await its.call('GET', back)
    const replayed = await its.call('GET', back)
    const stolen = await thief.call('GET', back)

    expect(first.headers.location).toBe('/console/')
    expect([replayed, stolen].map(({ headers }) => headers.location)).toEqual([invalid, invalid])
    expect(thief.cookies.size).toBe(0)
  })

  it('works in no other browser: an attacker’s code signs no victim in', async () => {
    const { browser, person } = await startSso()
    await person('ann@x.test', [observer])
    const attacker = browser()
    const victim = browser()
    const back = await visitProvider(attacker)
    await victim.call('GET', '/api/sso/start')

    const without = await browser().call('GET', back)
    const other = await victim.call('GET', back)

    expect([without, other].map(({ headers }) => headers.location)).toEqual([invalid, invalid])
    expect(victim.cookies.size).toBe(0)
  })

  it('is refused with the state of another journey put in: the code belongs to another challenge', async () => {
    const { browser, person } = await startSso()
    await person('ann@x.test', [observer])
    const victim = browser()
    const start = await victim.call('GET', '/api/sso/start')
    const state = new URL(String(start.headers.location)).searchParams.get('state') ?? ''
    const back = new URL(await visitProvider(browser()), origin)
    back.searchParams.set('state', state)

    const reply = await victim.call('GET', back.pathname + back.search)

    expect(reply.headers.location).toBe(invalid)
  })

  it('is refused with a wrong client secret, and the log tells that it is that', async () => {
    const { browser, person, logged } = await startSso({ clientSecret: 'another-secret' })
    await person('ann@x.test', [observer])

    const reply = await signInBySso(browser())

    expect(reply.headers.location).toBe('/console/sign-in?problem=sso_unavailable')
    expect(logged).toEqual([
      expect.objectContaining({ reason: 'the provider does not take the client id and secret' }),
    ])
    expect(JSON.stringify(logged)).not.toMatch(/another-secret|code=|state=/)
  })

  it('tells when the provider went away in between', async () => {
    const { browser, person } = await startSso()
    await person('ann@x.test', [observer])
    const its = browser()
    const back = await visitProvider(its)
    await provider.close()

    const reply = await its.call('GET', back)

    expect(reply.headers.location).toBe('/console/sign-in?problem=sso_unavailable')
  })

  it('is refused with another nonce than was asked for', async () => {
    const { browser, person } = await startSso()
    await person('ann@x.test', [observer])
    const its = browser()
    const change = (url: URL) => {
      url.searchParams.set('nonce', 'of-somebody-else')
      return url
    }

    const reply = await its.call('GET', await visitProvider(its, { change }))

    expect(reply.headers.location).toBe(invalid)
    expect(its.cookies.size).toBe(0)
  })

  it('is refused after ten minutes, and with a cookie that nobody sealed', async () => {
    const { browser, person, context } = await startSso()
    await person('ann@x.test', [observer])
    const slow = browser()
    const back = await visitProvider(slow)
    const forger = browser()
    forger.cookies.set('silhouette-sso', Buffer.from('{"state":"x"}').toString('base64'))

    context.clock.advance(600_000)
    const late = await slow.call('GET', back)
    const forged = await forger.call('GET', '/api/sso/callback?code=1&state=x')

    expect([late, forged].map(({ headers }) => headers.location)).toEqual([invalid, invalid])
  })
})
