import { describe, expect, it } from 'vitest'
import { issueAccessToken } from '../../../src/domain/accounts/access-token.ts'
import { errorOf, startAdminApp } from './people.ts'

const path = '/authentication/token?authorizationScope=profile_api'

describe('the Admin API under hostile or hasty callers', () => {
  it('makes many changes at once without refusing one, and without moving the clock', async () => {
    const { admin, context } = await startAdminApp()
    const startMs = context.clock.nowMs()

    const replies = await Promise.all(
      Array.from({ length: 60 }, (_, i) => admin('PATCH', '/clients/settings', { locale: `l${i}` })),
    )

    expect(replies.filter(({ statusCode }) => statusCode !== 200)).toEqual([])
    expect(context.clock.nowMs()).toBe(startMs)
    expect((await admin('GET', '/revisions/clientSettings/demo?limit=99')).json().total).toBe(60)
  })

  it('never takes the last two system admins at the same moment', async () => {
    const { admin } = await startAdminApp()
    for (const name of ['r1', 'r2']) {
      await admin('POST', '/users', { email: `${name}@x.test`, memberships: [{ role: 'systemAdmin' }] })
    }

    const replies = await Promise.all([
      admin('DELETE', '/users/r1@x.test'),
      admin('DELETE', '/users/r2@x.test'),
    ])

    expect(replies.map(({ statusCode }) => statusCode).toSorted((a, b) => a - b)).toEqual([204, 409])
    expect((await admin('GET', '/users')).json().total).toBe(1)
  })

  it('ends credentials and people of a client with it, and keeps its audit log', async () => {
    const { admin, app, context } = await startAdminApp()
    await admin('POST', '/clients', { code: 'acme' })
    await admin('PATCH', '//acme/target/clients/settings', { locale: 'nl' })
    const made = await admin('POST', '//acme/target/credentials', { name: 'x', role: 'productAdmin' })
    const { clientId, clientSecret } = made.json<{ clientId: string; clientSecret: string }>()
    await admin('POST', '//acme/target/users', { email: 'joe@x.test' })
    const accessToken = await issueAccessToken(context, { clientId, clientSecret })

    await admin('DELETE', '/clients/acme')
    await admin('POST', '/clients', { code: 'acme' })
    const headers = { authorization: `Bearer ${accessToken}`, 'x-api-key': clientId }
    const reply = await app.inject({ url: '/acme/target/clients/settings', headers })

    expect(reply.statusCode).toBe(401)
    expect((await admin('GET', '//acme/target/users')).json().total).toBe(0)
    expect((await admin('GET', '//acme/target/revisions/clientSettings/acme')).json().total).toBe(1)
  })

  it('lets nobody rename a person of whom they do not administer all', async () => {
    const { admin, as, asRole } = await startAdminApp()
    await admin('POST', '/clients', { code: 'acme' })
    await admin('POST', '//acme/target/users', { email: 'joe@x.test', name: 'Joe' })
    const workspaceAdmin = await asRole('workspaceAdmin')
    const other = await as({ client: 'demo', workspace: 'other', role: 'workspaceAdmin' })

    const added = await workspaceAdmin('POST', '/users', { email: 'joe@x.test', name: 'Mine' })
    const renamed = await workspaceAdmin('PATCH', '/users/joe@x.test', {
      name: 'Mine',
      memberships: [{ role: 'observer' }],
    })
    const unseen = await other('GET', '/users/joe@x.test')
    const log = (await admin('GET', '/revisions/user/JOE@x.test')).json()

    expect([added.statusCode, added.json().name]).toEqual([201, 'Joe'])
    expect(errorOf(renamed).code).toBe('grant_refused')
    expect(unseen.statusCode).toBe(404)
    expect(log.revisions.map(({ operation }: { operation: string }) => operation)).toEqual(['create'])
  })

  it('404 or 400 answers ids of any length and bodies of any depth', async () => {
    const { admin, app } = await startAdminApp()
    const long = 'x'.repeat(5_000)
    const deep = `${'['.repeat(6_000)}${']'.repeat(6_000)}`

    const statuses = [
      await admin('GET', `/users/${long}`),
      await admin('DELETE', `/credentials/${long}`),
      await admin('GET', `/batches/${long}`),
      await admin('PATCH', '/clients/settings', `{"flickerManagerSettings":{"a":${deep}}}`),
      await admin('POST', '/batch', `{"operations":[{"operationId":0,"body":${deep}}]}`),
      await admin('POST', '/users', { email: 'a\u0000b@x.test' }),
      await admin('POST', '/clients', { code: 'ok', name: '\u0000' }),
      await admin('DELETE', `${path}&overlapping=1`),
      await admin('GET', '/revisions/user?modifiedAt=1'),
      await app.inject({
        method: 'POST',
        url: `/ims/token/v3?grant_type=client_credentials&client_id=${long}&client_secret=x`,
      }),
    ].map(({ statusCode }) => statusCode)

    expect(statuses).toEqual([404, 404, 404, 400, 400, 400, 400, 400, 400, 401])
  })

  it('400 refuses a batch that refers to an operation that cannot be there', async () => {
    const { admin } = await startAdminApp()
    const operations = [{ operationId: 0, method: 'GET', relativeUrl: '/users/{operationIdResponse:1234}' }]

    expect((await admin('POST', '/batch', { operations })).statusCode).toBe(400)
  })

  it('gives no two workspaces the same name', async () => {
    const { admin } = await startAdminApp()

    const replies = await Promise.all(
      Array.from({ length: 6 }, () => admin('POST', '/workspaces', { name: 'Same' })),
    )

    expect(replies.filter(({ statusCode }) => statusCode === 201).length).toBe(1)
    expect(replies.filter(({ statusCode }) => statusCode === 409).length).toBe(5)
  })

  it('logs no change of a profile that was refused', async () => {
    const app = await startAdminApp()
    await app.profile({ tntId: '1' })

    await app.admin('PATCH', '/profiles/tntId/1', { set: { a: 'x'.repeat(70_000) } })
    await app.admin('PATCH', '/profiles/tntId/1', { set: { a: '1' } })

    expect((await app.admin('GET', '/revisions/profile')).json().total).toBe(1)
  })
})
