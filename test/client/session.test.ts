import { describe, expect, it } from 'vitest'
import { Silhouette } from '../../client/src/index.ts'
import { failureOf, startClient } from './start-client.ts'

const password = 'seven quiet herons'

/** What a browser adds to the requests of a page: its cookies, and from where they come. */
function browserFetch(origin: string): typeof globalThis.fetch {
  const cookies = new Map<string, string>()
  return async (input, init) => {
    const headers = new Headers(init?.headers)
    headers.set('origin', origin)
    headers.set('cookie', [...cookies].map(([name, value]) => `${name}=${value}`).join('; '))
    const response = await globalThis.fetch(input, { ...init, headers })
    for (const line of response.headers.getSetCookie()) {
      const [name = '', value = ''] = (line.split(';')[0] ?? '').split('=')
      cookies.set(name, value)
    }
    return response
  }
}

async function startPage() {
  const app = await startClient()
  await app.silhouette.users.create({ email: 'ann@x.test', memberships: [{ role: 'approver' }] })
  const page = (client?: string) =>
    new Silhouette({ url: app.url, client, auth: 'session', fetch: browserFetch(app.url) })
  return { ...app, page }
}

describe('the client in a page of the service', () => {
  it('signs a person in by an invitation and by a password, and out', async () => {
    const { silhouette, page } = await startPage()
    const { token, path } = await silhouette.users.invite('ann@x.test')
    const first = page()
    const second = page()

    const invitation = await first.session.invitation(token)
    const accepted = await first.session.acceptInvitation(token, { password, name: 'Ann' })
    const signedIn = await second.session.signIn('ann@x.test', password)
    await second.session.signOut()

    expect(path).toBe(`/console/invitation/${token}`)
    expect(invitation).toMatchObject({ email: 'ann@x.test', hasPassword: false })
    expect(accepted.clients.map(({ code, role }) => [code, role])).toEqual([['demo', 'approver']])
    expect(signedIn).toEqual(accepted)
    expect(await first.session.current()).toEqual(accepted)
    expect(await failureOf(second.session.current())).toMatchObject({ status: 401, code: 'session_required' })
  })

  it('calls the Admin API as the person who is signed in, until an administrator ends that', async () => {
    const { silhouette, page } = await startPage()
    const { token } = await silhouette.users.invite('ann@x.test')
    const its = page('demo')
    await its.session.acceptInvitation(token, { password })

    const settings = await its.settings.patch({ enableProfileApiAuthentication: true })
    const refused = await failureOf(its.users.list())
    await silhouette.users.endSessions('ann@x.test')

    expect(settings.enableProfileApiAuthentication).toBe(true)
    expect(refused).toMatchObject({ status: 403, code: 'action_not_allowed' })
    expect(await failureOf(its.settings.get())).toMatchObject({ status: 401, code: 'session_required' })
  })

  it('changes one’s own details and password', async () => {
    const { silhouette, page } = await startPage()
    const { token } = await silhouette.users.invite('ann@x.test')
    const its = page()
    await its.session.acceptInvitation(token, { password })

    const { user } = await its.session.updateMe({ name: 'Ann', locale: 'nl' })
    const wrong = await failureOf(
      its.session.changePassword({ currentPassword: 'no', newPassword: 'eight loud herons' }),
    )
    await its.session.changePassword({ currentPassword: password, newPassword: 'eight loud herons' })

    expect(user).toEqual({ email: 'ann@x.test', name: 'Ann', locale: 'nl', hasPassword: true })
    expect(wrong).toMatchObject({ status: 403, code: 'password_wrong' })
    expect((await its.session.current()).user).toEqual(user)
  })

  it('tells how to sign in, and how long to wait after too many failures', async () => {
    const { page } = await startPage()
    const its = page()
    for (let i = 0; i < 5; i++) await failureOf(its.session.signIn('ann@x.test', 'no'))

    const failure = await failureOf(its.session.signIn('ann@x.test', 'no'))

    expect(await its.session.signInOptions()).toEqual({ password: true, sso: null })
    expect(failure).toMatchObject({ status: 429, code: 'sign_in_delayed', retryAfterSeconds: 1 })
  })

  it('tells that a client is missing before it sends anything', async () => {
    const { page } = await startPage()

    const failure = await failureOf(Promise.resolve().then(() => page().settings.get()))

    expect(failure).toBeInstanceOf(TypeError)
    expect(failure).toMatchObject({ message: expect.stringContaining('is the option client given?') })
  })
})
