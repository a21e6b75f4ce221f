import { describe, expect, it } from 'vitest'
import { sweepInvitations } from '../../../src/domain/accounts/invitations.ts'
import { installPartition } from '../../../src/domain/documents.ts'
import { errorOf } from '../admin/people.ts'
import { password, refusalOf, startSessions, type Browser } from './browser.ts'

const systemAdmin = { role: 'systemAdmin' } as const
const chosen = { password: 'eight loud herons' }

async function startInvitations() {
  const app = await startSessions()
  const admin = await app.signedIn('root@x.test', systemAdmin)
  await admin.call('POST', '/demo/target/users', { email: 'new@x.test', name: 'Newt' })
  const invite = (by: Browser = admin, email = 'new@x.test') =>
    by.call('POST', `/demo/target/users/${email}/invitation`)
  const token = async () => (await invite()).json<{ token: string }>().token
  return { ...app, admin, invite, token }
}

describe('an invitation', () => {
  it('201 gives a link that works for 24 hours, and tells for whom it is', async () => {
    const { invite, context, get } = await startInvitations()

    const reply = await invite()
    const { token } = reply.json<{ token: string }>()
    const shown = await get(`/api/invitations/${token}`)

    const expiresAt = new Date(context.clock.nowMs() + 86_400_000).toISOString()
    expect(reply.statusCode).toBe(201)
    expect(token).toMatch(/^[\w-]{43}$/)
    const path = `/console/invitation/${token}`
    expect(reply.json()).toEqual({ email: 'new@x.test', token, path, expiresAt })
    expect(shown.json()).toEqual({ email: 'new@x.test', name: 'Newt', hasPassword: false, expiresAt })
  })

  it('signs the person in with the password chosen, once', async () => {
    const { token, browser } = await startInvitations()
    const url = `/api/invitations/${await token()}`
    const its = browser()

    const reply = await its.call('POST', url, { ...chosen, name: 'Newt Bee' })
    const again = await browser().call('POST', url, { password: 'nine loud herons' })

    expect(reply.statusCode).toBe(201)
    expect(reply.json().user).toMatchObject({ email: 'new@x.test', name: 'Newt Bee', hasPassword: true })
    expect((await its.call('GET', '/api/session')).statusCode).toBe(200)
    expect(refusalOf(again)).toBe('404 invitation_not_found')
    expect((await browser().signIn('new@x.test', chosen.password)).statusCode).toBe(201)
  })

  it('is used up by one of two that come at the same moment', async () => {
    const { token, browser } = await startInvitations()
    const url = `/api/invitations/${await token()}`

    const replies = await Promise.all([1, 2].map(() => browser().call('POST', url, chosen)))

    expect(replies.map(({ statusCode }) => statusCode).toSorted((a, b) => a - b)).toEqual([201, 404])
  })

  it('is not used up by a password that is refused', async () => {
    const { token, browser } = await startInvitations()
    const url = `/api/invitations/${await token()}`

    const poor = await browser().call('POST', url, { password: 'password1234' })
    const good = await browser().call('POST', url, chosen)

    expect(refusalOf(poor)).toBe('400 password_refused')
    expect(good.statusCode).toBe(201)
  })

  it('resets the password of somebody who has one, and ends their sessions', async () => {
    const { token, browser } = await startInvitations()
    const its = browser()
    await browser().call('POST', `/api/invitations/${await token()}`, { password })
    await its.signIn('new@x.test')
    const link = await token()

    const shown = await browser().call('GET', `/api/invitations/${link}`)
    await browser().call('POST', `/api/invitations/${link}`, chosen)

    expect(shown.json().hasPassword).toBe(true)
    expect((await its.call('GET', '/api/session')).statusCode).toBe(401)
    expect((await browser().signIn('new@x.test')).statusCode).toBe(401)
  })

  it('404 refuses a link that was replaced, has expired, is unknown, or whose person is gone', async () => {
    const { token, get, admin, context } = await startInvitations()
    const urls = [await token(), await token(), 'x'.repeat(43), '%00'].map((t) => `/api/invitations/${t}`)
    const statuses = await Promise.all(urls.map(async (url) => (await get(url)).statusCode))

    context.clock.advance(86_400_000)
    const expired = await get(urls[1] ?? '')
    const link = await token()
    await admin.call('DELETE', '/demo/target/users/new@x.test')
    const gone = await get(`/api/invitations/${link}`)

    expect(statuses).toEqual([404, 200, 404, 404])
    expect(new Set([expired, gone].map(refusalOf))).toEqual(new Set(['404 invitation_not_found']))
  })

  it('lies in the store as a digest, and is forgotten when it has expired', async () => {
    const { token, context } = await startInvitations()
    const link = await token()
    const stored = () => context.store.documents.list(installPartition, 'invitations', { limit: 9 })

    const before = await stored()
    context.clock.advance(86_400_000)
    await sweepInvitations(context)

    expect([before.length, (await stored()).length]).toEqual([1, 0])
    expect(JSON.stringify(before)).not.toContain(link)
  })

  it('403 is made by nobody who may not give all that the person holds, and ends no session for them either', async () => {
    const { signedIn, invite, admin } = await startInvitations()
    const productAdmin = await signedIn('pat@x.test', { client: 'demo', role: 'productAdmin' })
    const patch = { memberships: [{ role: 'observer' }, { role: 'systemAdmin' }] }
    await admin.call('PATCH', '/demo/target/users/new@x.test', patch)

    const link = await invite(productAdmin)
    const end = await productAdmin.call('DELETE', '/demo/target/users/new@x.test/sessions')
    const unknown = await invite(productAdmin, 'nobody@x.test')

    expect([link, end, unknown].map(errorOf).map(({ status, code }) => [status, code])).toEqual([
      [403, 'grant_refused'],
      [403, 'grant_refused'],
      [404, 'user_not_found'],
    ])
  })
})
