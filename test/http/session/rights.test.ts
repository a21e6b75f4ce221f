import { describe, expect, it } from 'vitest'
import { roles } from '../../../src/model/permission.ts'
import { errorOf, membershipOf } from '../admin/people.ts'
import { refusalOf, startSessions } from './browser.ts'

const systemAdmin = { role: 'systemAdmin' } as const
const users = '/demo/target/users'

describe('rights by a session', () => {
  it('401 is what every call for oneself answers nobody, and every role may make it', async () => {
    const { browser, signedIn } = await startSessions()
    const calls = [
      ['GET', '/api/session'],
      ['PATCH', '/api/me'],
    ] as const

    for (const [method, url] of [...calls, ['POST', '/api/me/password'] as const]) {
      const body = method === 'GET' ? undefined : {}
      expect([url, refusalOf(await browser().call(method, url, body))]).toEqual([url, '401 session_required'])
    }

    for (const role of roles) {
      const its = await signedIn(`${role}@x.test`, membershipOf(role))
      for (const [method, url] of calls) {
        const reply = await its.call(method, url, method === 'GET' ? undefined : {})
        expect([role, url, reply.statusCode]).toEqual([role, url, 200])
      }
    }
  })

  it('lets the highest of several roles count, in whatever workspace', async () => {
    const { signedIn } = await startSessions()
    const its = await signedIn('ann@x.test', membershipOf('observer'), {
      client: 'demo',
      workspace: 'other',
      role: 'approver',
    })

    const reply = await its.call('GET', '/demo/target/revisions/clientSettings')

    expect(reply.statusCode).toBe(200)
  })

  it.each(roles.filter((role) => role !== 'systemAdmin'))(
    'lets a person who is %s neither raise themselves nor make anybody more than they are',
    async (role) => {
      const { signedIn, context } = await startSessions()
      const its = await signedIn('ann@x.test', membershipOf(role))
      const above = roles.slice(roles.indexOf(role) + 1)

      for (const wanted of above) {
        const own = await its.call('PATCH', `${users}/ann@x.test`, { memberships: [{ role: wanted }] })
        const other = await its.call('POST', users, {
          email: `${wanted}@x.test`,
          memberships: [{ role: wanted }],
        })

        expect([wanted, own.statusCode, other.statusCode]).toEqual([wanted, 403, 403])
        expect(await context.people.get(`${wanted}@x.test`)).toBeUndefined()
      }
      expect((await context.people.get('ann@x.test'))?.memberships).toEqual([membershipOf(role)])
    },
  )

  it('leaves the last system admin one: whether removed, demoted, or their client deleted', async () => {
    const { signedIn, context } = await startSessions()
    const its = await signedIn('root@x.test', systemAdmin, { client: 'acme', role: 'productAdmin' })
    await context.clients.ensure('acme', 14)

    const removed = await its.call('DELETE', '/zoo/target/users/root@x.test')
    const demoted = await its.call('PATCH', `${users}/root@x.test`, { memberships: [{ role: 'observer' }] })
    const deleted = await its.call('DELETE', `${users}/root@x.test`)
    const client = await its.call('DELETE', '/demo/target/clients/acme')

    expect(removed.statusCode).toBe(404)
    expect([demoted, deleted].map((reply) => errorOf(reply).code)).toEqual([
      'last_system_admin',
      'last_system_admin',
    ])
    expect(client.statusCode).toBe(204)
    expect((await context.people.get('root@x.test'))?.memberships).toEqual([systemAdmin])
    expect((await its.call('GET', '/api/session')).json().isSystemAdmin).toBe(true)
  })

  it('ends people’s sessions with the client that alone they belonged to', async () => {
    const { signedIn, context } = await startSessions()
    await context.clients.ensure('acme', 14)
    const root = await signedIn('root@x.test', systemAdmin)
    const its = await signedIn('ann@x.test', { client: 'acme', role: 'productAdmin' })
    const both = await signedIn('bob@x.test', membershipOf('observer'), {
      client: 'acme',
      role: 'productAdmin',
    })

    await root.call('DELETE', '/demo/target/clients/acme')

    expect((await its.call('GET', '/api/session')).statusCode).toBe(401)
    const { clients } = (await both.call('GET', '/api/session')).json()
    expect(clients.map(({ code }: { code: string }) => code)).toEqual(['demo'])
  })
})

describe('addresses of people who make changes', () => {
  it.each([
    ['NONE', '203.0.113.77', '203.0.113.77'],
    ['LAST_OCTET', '203.0.113.77', '203.0.113.0'],
    ['STRIP', '203.0.113.77', ''],
    ['NONE', '2001:db8:1:2:3:4:5:6', '2001:db8:1:2:3:4:5:6'],
    ['LAST_OCTET', '2001:db8:1:2:3:4:5:6', '2001:db8:1::'],
    ['LAST_OCTET', '2001:db8::6', '2001:db8:0::'],
    ['LAST_OCTET', '::ffff:203.0.113.77', '::ffff:203.0.113.0'],
    ['STRIP', '2001:db8::6', ''],
  ])('are kept with %s of %s as "%s", as callers’ are', async (ipObfuscation, remoteAddress, kept) => {
    const { signedIn, browser, app, context } = await startSessions()
    const root = await signedIn('root@x.test', systemAdmin)
    await root.call('PATCH', '/demo/target/clients/settings', { ipObfuscation })
    const its = browser({ remoteAddress })
    await its.signIn('root@x.test')

    await its.call('PATCH', '/demo/target/clients/settings', { locale: 'nl' })
    await its.call('PATCH', '/api/me', { locale: 'nl' })
    await app.inject({ url: '/rest/v1/profiles/1?client=demo', remoteAddress })
    await context.callers.flush({ everything: true })

    const addresses: string[] = []
    for (const entity of ['clientSettings/demo', 'user/root@x.test']) {
      const url = `/demo/target/revisions/${entity}`
      const [{ id }] = (await root.call('GET', url)).json().revisions
      const { jsonData } = (await root.call('GET', `${url}/revision/${id}`)).json()
      addresses.push(JSON.parse(jsonData).address)
    }
    const { callers } = (await root.call('GET', '/demo/target/callers')).json()
    expect([...addresses, callers[0].address]).toEqual([kept, kept, kept])
    const stored = JSON.stringify(await context.store.documents.list('demo', 'callers', { limit: 9 }))
    expect(stored.includes(remoteAddress)).toBe(kept === remoteAddress)
  })
})
