import { describe, expect, expectTypeOf, it } from 'vitest'
import { errorCodes, type Role, type Settings, type RevisionType } from '../../client/src/index.ts'
import type { AuditedType } from '../../src/domain/audit/log.ts'
import { errorCodes as serverCodes } from '../../src/lib/errors.ts'
import type { ClientSettings } from '../../src/model/client-settings.ts'
import type { Role as ServerRole } from '../../src/model/permission.ts'
import { failureOf, startClient } from './start-client.ts'

describe('tokens', () => {
  it('are generated, read with details, replaced with an overlap, and revoked', async () => {
    const { silhouette } = await startClient()

    const first = await silhouette.tokens.generate({ expiresInSeconds: 3_600 })
    const second = await silhouette.tokens.generate({ overlapSeconds: 600 })
    const read = await silhouette.tokens.get()
    await silhouette.tokens.revoke()

    expect(first).toMatchObject({ scope: 'profile_api', expiresIn: 3_600 })
    expect(read).toMatchObject({ accessToken: second.accessToken, createdBy: 'crd_test' })
    expect(read.overlapping).toHaveLength(1)
    expect(await failureOf(silhouette.tokens.get())).toMatchObject({ status: 404, code: 'token_not_found' })
  })

  it('open the profile API of a client that demands one, and another is refused', async () => {
    const { silhouette, connect, profile } = await startClient()
    await profile({ tntId: 'a1' }, { plan: 'gold' })
    await silhouette.settings.patch({ enableProfileApiAuthentication: true })
    const { accessToken } = await silhouette.tokens.generate()

    const read = await connect({ token: accessToken }).profiles.get({ tntId: 'a1' })

    expect(read.profileAttributes['plan']?.value).toBe('gold')
    for (const one of [silhouette, connect({ token: 'slh_none' })]) {
      const error = await failureOf(one.profiles.get({ tntId: 'a1' }))
      expect(error).toMatchObject({ status: 403, code: 'token_invalid' })
    }
  })
})

describe('settings', () => {
  it('are read, changed in part, and replaced', async () => {
    const { silhouette } = await startClient()

    const patched = await silhouette.settings.patch({ locale: 'nb_NO', profileLifetimeDays: 30 })
    const read = await silhouette.settings.get()
    const replaced = await silhouette.settings.replace({ enableProfileApiAuthentication: false })

    expect(read).toEqual(patched)
    expect(read).toMatchObject({ locale: 'nb_NO', profileLifetimeDays: 30 })
    expect(replaced).toMatchObject({ locale: 'en_US', profileLifetimeDays: 14 })
  })
})

describe('clients, workspaces, credentials and users', () => {
  it('are created, listed, changed and deleted', async () => {
    const { silhouette, connect } = await startClient()

    const client = await silhouette.clients.create({ code: 'shop', name: 'Shop' })
    await silhouette.clients.patch('shop', { name: 'The Shop' })
    const shop = connect({ client: 'shop' })
    const workspace = await shop.workspaces.create({ name: 'North' })
    const made = await shop.credentials.create({ name: 'ci', role: 'editor', workspace: workspace.id })
    await shop.users.create({ email: 'ann@shop.example', memberships: [{ role: 'approver' }] })
    const user = await shop.users.patch('ann@shop.example', { name: 'Ann' })

    expect(client).toMatchObject({ code: 'shop', name: 'Shop' })
    expect(await silhouette.clients.get('shop')).toMatchObject({ name: 'The Shop' })
    expect((await silhouette.clients.list()).clients.map(({ code }) => code)).toEqual(['demo', 'shop'])
    expect((await shop.workspaces.list()).total).toBe(2)
    expect(made.clientSecret).toMatch(/^[\da-f]{48}$/)
    expect((await shop.credentials.list()).credentials).toContainEqual(
      expect.objectContaining({ clientId: made.clientId, role: 'editor', workspace: workspace.id }),
    )
    expect(await shop.users.get('ann@shop.example')).toEqual(user)
    expect((await shop.users.list()).users).toContainEqual(user)

    await shop.users.delete('ann@shop.example')
    await shop.credentials.delete(made.clientId)
    await silhouette.clients.delete('shop')

    expect(await failureOf(silhouette.clients.get('shop'))).toMatchObject({ code: 'client_unknown' })
  })

  it('are refused to those who may not', async () => {
    const { silhouette, connect } = await startClient()
    const { clientId, clientSecret } = await silhouette.credentials.create({ name: 'ci', role: 'observer' })

    const error = await failureOf(connect({ credential: { clientId, clientSecret } }).users.list())

    expect(error).toMatchObject({ status: 403, code: 'action_not_allowed' })
  })
})

describe('callers and the audit log', () => {
  it('tell who would be cut off', async () => {
    const { silhouette, connect } = await startClient()
    await failureOf(connect({ token: 'slh_none' }).profiles.get({ tntId: 'a1' }))

    const { callers } = await silhouette.callers.list()

    expect(callers).toMatchObject([
      { address: '127.0.0.1', endpoint: 'GET /rest/v1/profiles/{id}', calls: 1 },
    ])
  })

  it('tell who changed what, before and after', async () => {
    const { silhouette } = await startClient()
    await silhouette.settings.patch({ locale: 'nb_NO' })
    const entity = { type: 'clientSettings', id: 'demo' } as const

    const { total, revisions } = await silhouette.audit.list('clientSettings', { modifiedBy: 'crd_test' })
    const [ofEntity] = (await silhouette.audit.listOf(entity, { limit: 1 })).revisions
    const one = await silhouette.audit.get(entity, ofEntity?.id ?? 0)

    expect({ total, revisions }).toEqual({ total: 1, revisions: [ofEntity] })
    expect(one).toMatchObject({ before: { locale: 'en_US' }, after: { locale: 'nb_NO' } })
  })
})

it('codes and types are those of the server', () => {
  expect(errorCodes).toEqual(Object.keys(serverCodes))
  expectTypeOf<Settings>().toEqualTypeOf<ClientSettings>()
  expectTypeOf<Role>().toEqualTypeOf<ServerRole>()
  expectTypeOf<RevisionType>().toEqualTypeOf<AuditedType>()
})
