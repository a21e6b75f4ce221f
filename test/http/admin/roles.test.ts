import { describe, expect, it } from 'vitest'
import { issueAccessToken } from '../../../src/domain/accounts/access-token.ts'
import { adminEndpoints } from '../../../src/http/admin/routes.ts'
import { roles, type Role } from '../../../src/model/permission.ts'
import { startSessions } from '../session/browser.ts'
import { errorOf, membershipOf, startAdminApp } from './people.ts'

interface ShownClient {
  readonly code: string
  readonly role: Role
  readonly actions: readonly string[]
}

/**
 * Who may do what, written out once more from decisions.md §6: by endpoint the least roles, so that
 * a slip in the table of permissions is seen here.
 */
const everyone: readonly Role[] = roles
const editors: readonly Role[] = ['editor', 'approver', 'workspaceAdmin', 'productAdmin', 'systemAdmin']
const approvers: readonly Role[] = ['approver', 'workspaceAdmin', 'productAdmin', 'systemAdmin']
const workspaceAdmins: readonly Role[] = ['workspaceAdmin', 'productAdmin', 'systemAdmin']
const productAdmins: readonly Role[] = ['productAdmin', 'systemAdmin']
const systemAdmins: readonly Role[] = ['systemAdmin']

const expected: Readonly<Record<string, readonly Role[]>> = {
  'GET /authentication/token': everyone,
  'POST /authentication/token': approvers,
  'DELETE /authentication/token': approvers,
  'GET /clients/settings': everyone,
  'PUT /clients/settings': approvers,
  'PATCH /clients/settings': approvers,
  'GET /clients': systemAdmins,
  'POST /clients': systemAdmins,
  'GET /clients/:code': productAdmins,
  'PATCH /clients/:code': productAdmins,
  'DELETE /clients/:code': systemAdmins,
  'GET /workspaces': productAdmins,
  'POST /workspaces': productAdmins,
  'GET /credentials': productAdmins,
  'POST /credentials': productAdmins,
  'DELETE /credentials/:clientId': productAdmins,
  'GET /users': workspaceAdmins,
  'POST /users': workspaceAdmins,
  'GET /users/:email': workspaceAdmins,
  'PATCH /users/:email': workspaceAdmins,
  'DELETE /users/:email': workspaceAdmins,
  'POST /users/:email/invitation': workspaceAdmins,
  'DELETE /users/:email/sessions': workspaceAdmins,
  'GET /profiles/:kind/:id': editors,
  'PATCH /profiles/:kind/:id': editors,
  'DELETE /profiles/:kind/:id': approvers,
  'GET /profileattributes/mbox': everyone,
  'GET /batches': everyone,
  'GET /batches/:batchId': everyone,
  'GET /callers': everyone,
  'GET /revisions/:type': approvers,
  'GET /revisions/:type/:id': approvers,
  'GET /revisions/:type/:id/revision': approvers,
  'GET /revisions/:type/:id/revision/:revisionId': approvers,
  'POST /batch': editors,
}

/** An address of the endpoint; the client that it may name is the caller's own. */
function addressOf(path: string): string {
  return path.replace(':code', 'demo').replaceAll(/:(\w+)/g, 'x')
}

describe('the Admin API', () => {
  it('has an expectation for every endpoint', () => {
    const endpoints = adminEndpoints.map(({ method, path }) => `${method} ${path}`)

    expect(endpoints.toSorted()).toEqual(Object.keys(expected).toSorted())
  })

  it('lets each role do what the table allows and refuses all else, also as an operation of a batch', async () => {
    const { asRole } = await startAdminApp()
    const found: Record<string, Role[]> = Object.fromEntries(Object.keys(expected).map((name) => [name, []]))
    const inBatches: string[] = []

    for (const role of roles) {
      const call = await asRole(role)
      for (const { method, path } of adminEndpoints) {
        const url = addressOf(path)
        const reply = await call(method, url, method === 'GET' || method === 'DELETE' ? undefined : {})
        const isRefused = reply.statusCode === 403 && errorOf(reply).code === 'action_not_allowed'
        if (!isRefused) found[`${method} ${path}`]?.push(role)
        if (path === '/batch' || !editors.includes(role)) continue
        const operation = { operationId: 0, method, relativeUrl: url, body: {} }
        const { results } = (await call('POST', '/batch', { operations: [operation] })).json()
        const code = results[0].body?.errors?.[0]?.errorCode
        if ((code === 'action_not_allowed') !== isRefused)
          inBatches.push(`${role} ${method} ${path}: ${code}`)
      }
    }

    expect(inBatches).toEqual([])
    expect(found).toEqual(expected)
  })

  it('lets each role do the same by a session of a person', async () => {
    const { signedIn } = await startSessions()
    const found: Record<string, Role[]> = Object.fromEntries(Object.keys(expected).map((name) => [name, []]))

    for (const role of roles) {
      const its = await signedIn(`${role}@x.test`, membershipOf(role))
      for (const { method, path } of adminEndpoints) {
        const body = method === 'GET' || method === 'DELETE' ? undefined : {}
        const reply = await its.call(method, `/demo/target${addressOf(path)}`, body)
        const isRefused = reply.statusCode === 403 && errorOf(reply).code === 'action_not_allowed'
        if (!isRefused) found[`${method} ${path}`]?.push(role)
        expect(reply.statusCode).not.toBe(401)
      }
    }

    expect(found).toEqual(expected)
  })

  it('tells a person by their session what the table allows, and nothing of other clients', async () => {
    const { signedIn, context } = await startSessions()
    await context.clients.ensure('acme', 14)

    for (const role of roles) {
      const its = await signedIn(`${role}@x.test`, membershipOf(role))
      const { clients } = (await its.call('GET', '/api/session')).json<{ clients: ShownClient[] }>()
      const demo = clients.find(({ code }) => code === 'demo')

      expect(clients.map(({ code }) => code)).toEqual(role === 'systemAdmin' ? ['acme', 'demo'] : ['demo'])
      expect(demo?.role).toBe(role)
      for (const { method, path, action } of adminEndpoints) {
        expect([path, demo?.actions.includes(action)]).toEqual([
          path,
          expected[`${method} ${path}`]?.includes(role),
        ])
      }
    }
  })

  it('refuses every role of another client on this one', async () => {
    const { as, admin } = await startAdminApp()
    await admin('POST', '/clients', { code: 'acme' })
    const call = await as({ client: 'acme', role: 'productAdmin' })

    for (const { method, path } of adminEndpoints) {
      const reply = await call(method, addressOf(path), method === 'GET' ? undefined : {})

      expect([method, path, reply.statusCode, errorOf(reply).code]).toEqual([
        method,
        path,
        403,
        'action_not_allowed',
      ])
    }
  })

  it('401 refuses a call without an access token or with one that is not valid', async () => {
    const { app, context } = await startAdminApp()
    const get = (headers: Record<string, string>) =>
      app.inject({ url: '/demo/target/clients/settings', headers: { 'x-api-key': 'crd_test0', ...headers } })
    const good = await issueAccessToken(context, { clientId: 'crd_test0', clientSecret: 'a secret' })
    const [head, , signature] = good.split('.')
    const forged = `${head}.${Buffer.from('{"sub":"crd_test0"}').toString('base64url')}.${signature}`

    const replies = [
      await get({}),
      await get({ authorization: 'Basic abc' }),
      await get({ authorization: `Bearer ${forged}` }),
      await get({ authorization: `Bearer ${good}` }),
    ]
    context.clock.advance(86_400_000)
    replies.push(await get({ authorization: `Bearer ${good}` }))

    expect(replies.map(({ statusCode }) => statusCode)).toEqual([401, 401, 401, 200, 401])
    expect(replies[0]?.headers['www-authenticate']).toBe('Bearer realm="admin-api"')
  })

  it('403 refuses a missing X-Api-Key and that of another credential', async () => {
    const { admin, asRole } = await startAdminApp()
    await asRole('observer')

    const missing = await admin('GET', '/clients/settings', undefined, { 'x-api-key': '' })
    const other = await admin('GET', '/clients/settings', undefined, { 'x-api-key': 'crd_test1' })

    expect([errorOf(missing).code, errorOf(other).code]).toEqual(['api_key_invalid', 'api_key_invalid'])
  })

  it('404 refuses an unknown tenant, and an unknown address in its own shape', async () => {
    const { admin } = await startAdminApp()

    const tenant = await admin('GET', '//nobody/target/clients/settings')
    const address = await admin('GET', '/nothing/here')

    expect([errorOf(tenant).code, errorOf(address).code]).toEqual(['client_unknown', 'route_unknown'])
  })

  it('405 names the methods that an address has', async () => {
    const { admin } = await startAdminApp()

    const reply = await admin('PUT', '/authentication/token')

    expect(reply.statusCode).toBe(405)
    expect(reply.headers.allow).toBe('GET, HEAD, POST, DELETE')
  })

  it('406 refuses another version by Accept without a body and by Content-Type with one', async () => {
    const { admin } = await startAdminApp()
    const v2 = 'application/vnd.adobe.target.v2+json'

    const get = await admin('GET', '/clients/settings', undefined, { accept: v2 })
    const patch = await admin('PATCH', '/clients/settings', {}, { 'content-type': v2 })
    const taken = await admin(
      'PATCH',
      '/clients/settings',
      {},
      {
        'content-type': 'application/vnd.adobe.target.v1+json',
      },
    )

    expect([errorOf(get), errorOf(patch)].map(({ status, code }) => [status, code])).toEqual([
      [406, 'Unsupported.Feature'],
      [406, 'Unsupported.Feature'],
    ])
    expect(taken.statusCode).toBe(200)
    expect(taken.headers['content-type']).toBe('application/vnd.adobe.target.v1+json;charset=UTF-8')
  })

  it('503 refuses the 51st call of a minute with the seconds to wait; reading the token does not count', async () => {
    const { admin, context } = await startAdminApp({ adminCallsPerMinute: 50 })
    const statuses = new Set<number>()
    for (let i = 0; i < 50; i++) statuses.add((await admin('GET', '/clients/settings')).statusCode)
    context.clock.advance(20_000)

    const refused = await admin('GET', '/clients/settings')
    const token = await admin('GET', '/authentication/token?authorizationScope=profile_api')
    context.clock.advance(40_000)
    const later = await admin('GET', '/clients/settings')

    expect([...statuses]).toEqual([200])
    expect([refused.statusCode, refused.headers['retry-after']]).toEqual([503, '40'])
    expect(errorOf(token).code).toBe('token_not_found')
    expect(later.statusCode).toBe(200)
  })
})
