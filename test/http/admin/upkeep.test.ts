import { pino } from 'pino'
import { describe, expect, it } from 'vitest'
import { forgetAudit, readAudit, type AuditedType } from '../../../src/domain/audit/log.ts'
import { patchSettings } from '../../../src/domain/clients/settings.ts'
import { serviceActor } from '../../../src/domain/audit/log.ts'
import { warnOfOpenClients } from '../../../src/open-clients.ts'
import { startAdminApp, type AdminApp } from './people.ts'

const day = 86_400_000

async function entriesOf({ context }: AdminApp, type: AuditedType, entityId?: string): Promise<number> {
  let entries = 0
  for await (const _ of readAudit(context, { client: 'demo', type, entityId })) entries++
  return entries
}

describe('the audit log', () => {
  it('forgets entries from before a moment, by time and by entity, and keeps the later ones', async () => {
    const app = await startAdminApp()
    const change = (locale: string) =>
      patchSettings(app.context, { client: app.client, actor: serviceActor }, { locale })
    for (let i = 0; i < 230; i++) await change(`old-${i}`)
    app.context.clock.advance(400 * day)
    await change('new')

    await forgetAudit(app.context, 'demo', app.context.clock.nowMs() - day)

    expect([await entriesOf(app, 'clientSettings'), await entriesOf(app, 'clientSettings', 'demo')]).toEqual([
      1, 1,
    ])
  })

  it('is written with the change or not at all, and concurrent changes are all in it', async () => {
    const app = await startAdminApp()
    const path = '/authentication/token?authorizationScope=profile_api'

    const replies = await Promise.all(Array.from({ length: 8 }, () => app.admin('POST', path)))

    const tokens = replies.map((reply) => reply.json<{ accessToken: string }>().accessToken)
    const { accessToken } = (await app.admin('GET', path)).json<{ accessToken: string }>()
    await app.admin('PATCH', '/clients/settings', { enableProfileApiAuthentication: true })
    const statuses = await Promise.all(
      tokens.map(async (token) => {
        const headers = { authorization: `Bearer ${token}` }
        return (await app.get('/rest/v1/profiles/1?client=demo', headers)).statusCode
      }),
    )
    expect(replies.map(({ statusCode }) => statusCode)).toEqual(Array.from({ length: 8 }, () => 201))
    expect(tokens).toContain(accessToken)
    expect(statuses.filter((status) => status === 404)).toEqual([404])
    expect(statuses.filter((status) => status === 403).length).toBe(7)
    expect(await entriesOf(app, 'authenticationToken', 'profile_api')).toBe(8)
  })
})

describe('a start', () => {
  it('warns of open clients when others than this machine reach the address, and only then', async () => {
    const { admin, context } = await startAdminApp()
    await admin('POST', '/clients', { code: 'acme' })
    await admin('PATCH', '/clients/settings', { enableProfileApiAuthentication: true })
    const logged: Record<string, unknown>[] = []
    const log = pino({}, { write: (line: string) => void logged.push(JSON.parse(line)) })

    for (const host of ['127.0.0.1', 'localhost', '::1']) await warnOfOpenClients(context, host, log)
    await warnOfOpenClients(context, '0.0.0.0', log)
    await admin('PATCH', '//acme/target/clients/settings', { enableProfileApiAuthentication: true })
    await warnOfOpenClients(context, '0.0.0.0', log)

    expect(logged).toEqual([expect.objectContaining({ level: 40, clients: ['acme'], count: 1 })])
  })

  it('fails when a route names no action', async () => {
    const { app } = await startAdminApp()

    const add = () => app.get('/open', async () => 'oversight')

    expect(add).toThrow('GET /open names its action')
  })
})
