import { describe, expect, it } from 'vitest'
import { batchIdOf } from '../start-app.ts'
import { errorOf, startAdminApp } from './people.ts'

describe('client settings', () => {
  it('PATCH merges, PUT returns what it leaves out to its default, and other members are kept', async () => {
    const { admin } = await startAdminApp()

    const patched = await admin('PATCH', '/clients/settings', { timeZone: 'CET', a4TEnabled: true })
    const put = await admin('PUT', '/clients/settings', {
      enableProfileApiAuthentication: true,
      locale: 'nl',
    })
    const read = await admin('GET', '/clients/settings')

    expect(patched.json()).toMatchObject({ timeZone: 'CET', a4TEnabled: true, locale: 'en_US' })
    expect(put.json()).toMatchObject({ timeZone: 'UTC', a4TEnabled: false, locale: 'nl' })
    expect(read.json()).toEqual(put.json())
  })

  it('400 refuses a PUT without the switch, unknown members and values out of their limits', async () => {
    const { admin } = await startAdminApp()
    const cases: [unknown, string][] = [
      [{ locale: 'nl' }, 'enableProfileApiAuthentication is required'],
      [{ enableProfileApiAuthentication: true, colour: 1 }, 'colour is not known here'],
      [{ enableProfileApiAuthentication: 'yes' }, 'enableProfileApiAuthentication must be true or false'],
      [
        { enableProfileApiAuthentication: true, profileLifetimeDays: 91 },
        'profileLifetimeDays must be 90 or less',
      ],
      [{ enableProfileApiAuthentication: true, ipObfuscation: 'ALL' }, 'ipObfuscation must be "NONE" or'],
      [
        { enableProfileApiAuthentication: true, allowedOrigins: ['shop.test'] },
        'allowedOrigins[0] must be * or',
      ],
      ['{', 'not valid JSON'],
    ]
    for (const [body, words] of cases) {
      const { status, message } = errorOf(await admin('PUT', '/clients/settings', body))

      expect([status, message]).toEqual([400, expect.stringContaining(words)])
    }
    expect((await admin('GET', '/clients/settings')).json()).toMatchObject({ locale: 'en_US' })
  })

  it('apply to the next call: lifetime, origins', async () => {
    const app = await startAdminApp()
    await app.profile({ tntId: '1' })

    await app.admin('PATCH', '/clients/settings', { profileLifetimeDays: 1 })
    await app.post(
      '/rest/v1/delivery?client=demo&sessionId=s',
      '{"context":{"channel":"web"},"id":{"tntId":"1"}}',
    )
    app.context.clock.advance(86_400_000)

    expect(await app.fetch('1?client=demo')).toBeUndefined()
  })
})

describe('clients', () => {
  it('are created, renamed, given another organization, and deleted with all that is theirs', async () => {
    const app = await startAdminApp()
    const { admin } = app
    const created = await admin('POST', '/clients', { code: 'acme', name: 'Acme' })
    await admin('PATCH', '//acme/target/clients/settings', { locale: 'nl' })
    const visit = JSON.stringify({
      context: { channel: 'web' },
      id: { tntId: '1' },
      execute: { pageLoad: { profileParameters: { a: '1' } } },
    })
    await app.post('/rest/v1/delivery?client=acme&sessionId=s', visit)
    const renamed = await admin('PATCH', '/clients/acme', { name: 'Acme 2', imsOrgId: 'X@AdobeOrg' })
    const byOrg = await app.post('/rest/v1/delivery?imsOrgId=X@AdobeOrg&sessionId=s', visit)

    const deleted = await admin('DELETE', '/clients/acme')
    const gone = await app.get('/rest/v1/profiles/1?client=acme')
    await admin('POST', '/clients', { code: 'acme' })
    const anew = await app.get('/rest/v1/profiles/1?client=acme')

    expect([created.statusCode, created.json()]).toEqual([
      201,
      { code: 'acme', name: 'Acme', imsOrgId: 'ACME@AdobeOrg' },
    ])
    expect(renamed.json()).toEqual({ code: 'acme', name: 'Acme 2', imsOrgId: 'X@AdobeOrg' })
    expect(byOrg.json()).toMatchObject({ client: 'acme' })
    expect(deleted.statusCode).toBe(204)
    expect(gone.json()).toMatchObject({ message: expect.stringContaining('no client "acme"') })
    expect(anew.json()).toMatchObject({ message: expect.stringContaining('No profile found') })
    expect((await admin('GET', '//acme/target/clients/settings')).json()).toMatchObject({ locale: 'en_US' })
    expect((await admin('GET', '//acme/target/profileattributes/mbox')).json()).toEqual({
      mboxProfileAttributes: [],
    })
  })

  it('409 refuses a code or an organization that is taken, the default client, and one with a batch under way', async () => {
    const app = await startAdminApp()
    const { admin } = app
    await admin('POST', '/clients', { code: 'acme' })
    await app.post('/m2/acme/v2/profile/batchUpdate', 'batch=pcId,a\n1,1\n')

    const codes = [
      await admin('POST', '/clients', { code: 'acme' }),
      await admin('POST', '/clients', { code: 'other', imsOrgId: 'DEMO@AdobeOrg' }),
      await admin('PATCH', '/clients/acme', { imsOrgId: 'DEMO@AdobeOrg' }),
      await admin('DELETE', '/clients/demo'),
      await admin('DELETE', '/clients/acme'),
    ].map((reply) => `${reply.statusCode} ${errorOf(reply).code}`)

    expect(codes).toEqual([
      '409 client_exists',
      '409 ims_org_taken',
      '409 ims_org_taken',
      '409 client_in_use',
      '409 client_in_use',
    ])
  })

  it('400 refuses a code that is an address or malformed', async () => {
    const { admin } = await startAdminApp()
    for (const code of ['m2', 'Acme', '-a', '', 'a'.repeat(64), 'settings']) {
      expect([code, (await admin('POST', '/clients', { code })).statusCode]).toEqual([code, 400])
    }
  })

  it('are read and renamed by their own product admins alone', async () => {
    const { admin, asRole } = await startAdminApp()
    await admin('POST', '/clients', { code: 'acme' })
    const product = await asRole('productAdmin')

    const statuses = [
      await product('GET', '/clients/demo'),
      await product('PATCH', '/clients/demo', { name: 'Ours' }),
      await product('PATCH', '/clients/demo', { imsOrgId: 'Y@AdobeOrg' }),
      await product('GET', '/clients/acme'),
      await product('PATCH', '/clients/acme', { name: 'Theirs' }),
    ].map(({ statusCode }) => statusCode)

    expect(statuses).toEqual([200, 200, 403, 403, 403])
  })
})

describe('API credentials', () => {
  it('show their secret once, get access tokens, and lose them with the credential', async () => {
    const { admin, app } = await startAdminApp()
    const { clientId, clientSecret, ...entry } = (
      await admin('POST', '/credentials', { name: 'loader', role: 'approver' })
    ).json()
    const grant = 'grant_type=client_credentials&scope=openid,AdobeID'
    const token = await app.inject({
      method: 'POST',
      url: '/ims/token/v3',
      headers: { 'content-type': 'application/x-www-form-urlencoded' },
      payload: `client_id=${clientId}&client_secret=${clientSecret}&${grant}`,
    })
    const { access_token: accessToken, token_type: type, expires_in: expiresIn } = token.json()
    const call = () =>
      app.inject({
        url: '/demo/target/clients/settings',
        headers: { authorization: `Bearer ${accessToken}`, 'x-api-key': clientId },
      })

    const before = await call()
    const listed = await admin('GET', '/credentials')
    const deleted = await admin('DELETE', `/credentials/${clientId}`)
    const after = await call()

    expect(entry).toMatchObject({ name: 'loader', role: 'approver', workspace: 'default' })
    expect([type, expiresIn]).toEqual(['bearer', 86_400])
    expect([before.statusCode, deleted.statusCode, after.statusCode]).toEqual([200, 204, 401])
    expect(listed.body).toContain(clientId)
    expect(listed.body).not.toContain(clientSecret)
  })

  it('answer OAuth errors in OAuth’s own shape', async () => {
    const { app } = await startAdminApp()
    const ask = (payload: string) => app.inject({ method: 'POST', url: `/ims/token/v3?${payload}` })

    const replies = [
      await ask('grant_type=client_credentials&client_id=crd_test0&client_secret=wrong'),
      await ask('grant_type=client_credentials&client_id=nobody&client_secret=wrong'),
      await ask('grant_type=password&client_id=crd_test0&client_secret=wrong'),
      await ask('client_id=crd_test0&client_secret=wrong'),
      await ask('grant_type=client_credentials'),
      await ask('grant_type=client_credentials&client_id=crd_test0&client_secret=a%20secret'),
    ]

    const errors = replies.map((reply) => [reply.statusCode, reply.json<{ error?: string }>().error])
    expect(errors).toEqual([
      [401, 'invalid_client'],
      [401, 'invalid_client'],
      [400, 'unsupported_grant_type'],
      [400, 'invalid_request'],
      [400, 'invalid_request'],
      [200, undefined],
    ])
    expect(replies[0]?.json()).toEqual(replies[1]?.json())
  })
})

describe('people', () => {
  it('get, change and lose memberships; with the last one they are gone', async () => {
    const { admin } = await startAdminApp()
    const { id } = (await admin('POST', '/workspaces', { name: 'Shop' })).json()

    const created = await admin('POST', '/users', { email: 'Ada@Example.com', name: 'Ada' })
    const again = await admin('POST', '/users', { email: 'ada@example.com' })
    const patched = await admin('PATCH', '/users/ada@example.com', {
      memberships: [{ role: 'editor', workspace: id }, { role: 'approver' }],
    })
    const listed = await admin('GET', '/users?limit=1')
    const deleted = await admin('DELETE', '/users/ada@example.com')
    const gone = await admin('GET', '/users/ada@example.com')

    expect(created.json()).toEqual({
      email: 'Ada@Example.com',
      name: 'Ada',
      locale: '',
      memberships: [{ client: 'demo', workspace: 'default', role: 'observer' }],
    })
    expect(errorOf(again).code).toBe('user_exists')
    expect(patched.json().memberships).toEqual([
      { client: 'demo', workspace: id, role: 'editor' },
      { client: 'demo', workspace: 'default', role: 'approver' },
    ])
    expect(listed.json()).toMatchObject({ total: 1, users: [{ name: 'Ada' }] })
    expect([deleted.statusCode, errorOf(gone).code]).toEqual([204, 'user_not_found'])
  })

  it('403 refuses to give or take a right that the caller lacks', async () => {
    const { admin, asRole } = await startAdminApp()
    const { id } = (await admin('POST', '/workspaces', { name: 'Shop' })).json()
    await admin('POST', '/users', { email: 'boss@x.test', memberships: [{ role: 'productAdmin' }] })
    await admin('POST', '/users', { email: 'shop@x.test', memberships: [{ role: 'editor', workspace: id }] })
    const workspaceAdmin = await asRole('workspaceAdmin')
    const productAdmin = await asRole('productAdmin')
    const give = (role: string, workspace?: string) => ({
      email: `${role}@x.test`,
      memberships: [{ role, ...(workspace && { workspace }) }],
    })

    const replies = [
      await workspaceAdmin('POST', '/users', give('approver')),
      await workspaceAdmin('POST', '/users', give('workspaceAdmin')),
      await workspaceAdmin('POST', '/users', give('editor', id)),
      await workspaceAdmin('POST', '/users', give('productAdmin')),
      await productAdmin('POST', '/users', give('editor', id)),
      await productAdmin('POST', '/users', give('productAdmin')),
      await productAdmin('POST', '/users', give('systemAdmin')),
      await productAdmin('PATCH', '/users/boss@x.test', { memberships: [{ role: 'observer' }] }),
      await productAdmin('DELETE', '/users/boss@x.test'),
      await productAdmin('POST', '/credentials', { name: 'x', role: 'systemAdmin' }),
      await admin('POST', '/users', give('editor', 'nowhere')),
    ]
    const shop = await workspaceAdmin('GET', '/users/shop@x.test')

    expect(replies.map(({ statusCode }) => statusCode)).toEqual([
      201, 201, 403, 403, 201, 403, 403, 403, 403, 403, 400,
    ])
    expect(shop.statusCode).toBe(404)
  })

  it('409 refuses to take the last system admin away', async () => {
    const { admin } = await startAdminApp()
    await admin('POST', '/users', { email: 'root@x.test', memberships: [{ role: 'systemAdmin' }] })

    const demoted = await admin('PATCH', '/users/root@x.test', { memberships: [{ role: 'approver' }] })
    const removed = await admin('DELETE', '/users/root@x.test')
    await admin('POST', '/users', { email: 'root2@x.test', memberships: [{ role: 'systemAdmin' }] })
    const second = await admin('DELETE', '/users/root@x.test')

    expect([errorOf(demoted).code, errorOf(removed).code]).toEqual(['last_system_admin', 'last_system_admin'])
    expect(second.statusCode).toBe(204)
  })
})

describe('profiles in the Admin API', () => {
  it('are read, changed, and deleted by any id; a batch accepted before brings nothing back', async () => {
    const app = await startAdminApp()
    await app.profile({ tntId: '1', thirdPartyId: 'ada' }, { plan: 'gold', city: 'Rome' })
    await app.post('/m2/demo/v2/profile/batchUpdate', 'batch=thirdPartyId,plan\nada,late\n')
    app.context.clock.advance(1_000)

    const read = await app.admin('GET', '/profiles/thirdPartyId/ada')
    const patched = await app.admin('PATCH', '/profiles/tntId/1', { set: { plan: 'red' }, remove: ['city'] })
    const deleted = await app.admin('DELETE', '/profiles/thirdPartyId/ada')
    await app.applyBatches()

    expect(read.json()).toMatchObject({ visitorId: 'ada', profileAttributes: { plan: { value: 'gold' } } })
    expect(Object.keys(patched.json().profileAttributes)).toEqual(['firstSessionStart', 'plan'])
    expect(deleted.statusCode).toBe(204)
    expect(await app.fetch('thirdPartyId/ada')).toBeUndefined()
    expect(await app.fetch('1')).toBeUndefined()
    expect((await app.admin('GET', '/profiles/tntId/1')).statusCode).toBe(404)
    expect((await app.admin('DELETE', '/profiles/tntId/1')).statusCode).toBe(404)
    expect((await app.admin('PATCH', '/profiles/tntId/1', { set: { a: '1' } })).statusCode).toBe(404)
  })

  it('400 refuses names and values that cannot be written', async () => {
    const app = await startAdminApp()
    await app.profile({ tntId: '1' })
    const bodies = [
      { set: { firstSessionStart: '1' } },
      { set: { '': '1' } },
      { remove: ['a\u0000'] },
      { set: { a: '' } },
      { set: { a: 1 } },
      { set: { a: '1' }, remove: ['a'] },
      { set: { a: 'x'.repeat(70_000) } },
    ]
    for (const body of bodies) {
      expect((await app.admin('PATCH', '/profiles/tntId/1', body)).statusCode).toBe(400)
    }
  })

  it('give attribute names by code point, of successful writes alone', async () => {
    const app = await startAdminApp()
    await app.profile({ tntId: '1' }, { zeta: '1', '\u{1f600}': '1', '\uff21': '1', Alpha: '1' })
    await app.post('/m2/demo/profile/update?mboxPC=unknown&profile.never=1')
    await app.post('/m2/demo/profile/update', `mboxPC=1&profile.big=${'x'.repeat(40_000)}`)
    await app.post('/m2/demo/profile/update', `mboxPC=1&profile.refused=${'x'.repeat(40_000)}`)

    const { mboxProfileAttributes } = (await app.admin('GET', '/profileattributes/mbox')).json()

    expect(mboxProfileAttributes).toEqual([
      'profile.Alpha',
      'profile.big',
      'profile.zeta',
      'profile.\uff21',
      'profile.\u{1f600}',
    ])
  })

  it('list batches, the latest first, and tell one', async () => {
    const app = await startAdminApp()
    const first = batchIdOf(await app.post('/m2/demo/v2/profile/batchUpdate', 'batch=pcId,a\n1,1\n%zz,2\n'))
    app.context.clock.advance(10)
    const second = batchIdOf(await app.post('/m2/demo/profile/batchUpdate', 'batch=pcId,a\n9,1\n'))
    await app.applyBatches()

    const { total, batches } = (await app.admin('GET', '/batches?limit=1')).json()
    const one = await app.admin('GET', `/batches/${first}`)
    const none = await app.admin('GET', '/batches/demo-1-1')

    expect([total, batches.length, batches[0].batchId]).toEqual([2, 1, second])
    expect(one.json()).toMatchObject({
      batchId: first,
      status: 'complete',
      version: 2,
      batchSize: 2,
      consumedCount: 2,
      successfulUpdates: 1,
      failedUpdates: 1,
      created: 1,
    })
    expect(errorOf(none).code).toBe('batch_not_found')
  })
})

describe('the audit log', () => {
  it('keeps who changed what, from where, before and after, on Adobe’s wire', async () => {
    const { admin, context } = await startAdminApp()
    await admin('PATCH', '/clients/settings', { locale: 'nl' }, { 'user-agent': 'browser/1' })
    context.clock.advance(1_000)
    await admin('PUT', '/clients/settings', { enableProfileApiAuthentication: true })

    const log = (await admin('GET', '/revisions/clientSettings/demo')).json()
    const [latest, earlier] = log.revisions
    const revision = (await admin('GET', `/revisions/clientSettings/demo/revision/${earlier.id}`)).json()
    const at = encodeURIComponent(earlier.modifiedAt)
    const byTime = (await admin('GET', `/revisions/clientSettings/demo/revision?timestamp=${at}`)).json()

    expect([log.total, log.pagination]).toEqual([2, { offset: 0, limit: 100 }])
    expect([latest.operation, earlier.operation]).toEqual(['update', 'patch'])
    expect(earlier).toMatchObject({ modifiedBy: 'crd_test0', modifiedByName: 'crd_test0' })
    expect(JSON.parse(revision.jsonData)).toMatchObject({
      before: { locale: 'en_US' },
      after: { locale: 'nl' },
      address: '127.0.0.1',
      userAgent: 'browser/1',
    })
    expect(byTime).toEqual(revision)
  })

  it('lists the last day of a type, or since a moment, of one author if asked', async () => {
    const { admin, asRole, context } = await startAdminApp()
    await admin('POST', '/workspaces', { name: 'Old' })
    context.clock.advance(2 * 86_400_000)
    const later = await asRole('systemAdmin')
    await later('POST', '/workspaces', { name: 'New' })
    const total = async (query: string) => (await later('GET', `/revisions/workspace${query}`)).json().total

    expect(await total('')).toBe(1)
    expect(await total('?modifiedAt=2020-01-01T00:00:00Z')).toBe(2)
    expect(await total('?modifiedAt=2020-01-01T00:00:00Z&modifiedBy=crd_test0')).toBe(1)
    expect(await total('?modifiedAt=2020-01-01T00:00:00Z&limit=1')).toBe(2)
    expect((await later('GET', '/revisions/workspace?modifiedAt=soon')).statusCode).toBe(400)
    expect((await later('GET', '/revisions/activity')).json().total).toBe(0)
    expect((await later('GET', '/revisions/nothing')).statusCode).toBe(400)
  })
})

describe('a batch of operations', () => {
  it('carries out operations after those that they depend on, and skips what depends on a failure', async () => {
    const { admin } = await startAdminApp()
    const operations = [
      { operationId: 3, method: 'GET', relativeUrl: '/users/{operationIdResponse:2}' },
      { operationId: 1, method: 'POST', relativeUrl: '/v1/workspaces', body: { name: 'Shop' } },
      {
        operationId: 2,
        dependsOnOperationIds: [1],
        method: 'POST',
        relativeUrl: '/users',
        headers: [{ name: 'Content-Type', value: 'application/json' }],
        body: '{"email":"a@b.c","memberships":[{"role":"editor","workspace":"{operationIdResponse:1}"}]}',
      },
      { operationId: 4, method: 'GET', relativeUrl: '/v1/nothing' },
      { operationId: 5, dependsOnOperationIds: [4], method: 'GET', relativeUrl: '/users' },
    ]

    const { results } = (await admin('POST', '/batch', { operations })).json()

    expect(
      results.map(({ operationId, skipped, statusCode }: Record<string, unknown>) => [
        operationId,
        skipped,
        statusCode,
      ]),
    ).toEqual([
      [3, false, 200],
      [1, false, 201],
      [2, false, 201],
      [4, false, 404],
      [5, true, undefined],
    ])
    expect(results[0].body.email).toBe('a@b.c')
  })

  it('400 refuses cycles, ids twice, what is not there, and more than 256 operations', async () => {
    const { admin } = await startAdminApp()
    const get = (operationId: number, dependsOnOperationIds: number[] = []) => {
      return { operationId, dependsOnOperationIds, method: 'GET', relativeUrl: '/batches' }
    }
    const cases = [
      [get(1, [2]), get(2, [1])],
      [get(1, [1])],
      [get(1), get(1)],
      [get(1, [7])],
      [{ ...get(1), relativeUrl: '/users/{operationIdResponse:9}' }],
      Array.from({ length: 257 }, (_, index) => get(index % 256)),
      [],
    ]
    for (const operations of cases) {
      expect((await admin('POST', '/batch', { operations })).statusCode).toBe(400)
    }
  })

  it('takes optional members with a tilde, as Adobe’s samples have them, and null as absent', async () => {
    const { admin } = await startAdminApp()
    const operations = [
      { operationId: 0, method: 'GET', relativeUrl: '/v1/nothing', 'headers~': [], body: null },
      { operationId: 1, method: 'GET', relativeUrl: '/batches', 'dependsOnOperationIds~': [0] },
      { operationId: 2, method: 'GET', relativeUrl: '/batches', dependsOnOperationIds: null },
    ]

    const { results } = (await admin('POST', '/batch', { operations })).json()

    expect(results.map(({ skipped }: { skipped: boolean }) => skipped)).toEqual([false, true, false])
  })

  it('400 answers an operation that refers to a reply without an id', async () => {
    const { admin } = await startAdminApp()
    const operations = [
      { operationId: 0, method: 'GET', relativeUrl: '/batches' },
      { operationId: 1, method: 'GET', relativeUrl: '/users/{operationIdResponse:0}' },
    ]

    const { results } = (await admin('POST', '/batch', { operations })).json()

    expect([results[0].statusCode, results[1].statusCode]).toEqual([200, 400])
  })
})
