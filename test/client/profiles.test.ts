import { describe, expect, it } from 'vitest'
import { ServiceError } from '../../client/src/index.ts'
import { failureOf, startClient } from './start-client.ts'

describe('profiles', () => {
  it.each([
    ['tntId', { tntId: 'a1' }],
    ['thirdPartyId', { thirdPartyId: 'ann é&b?%@shop.example' }],
    ['ecid', { ecid: '0723445' }],
  ])('are read by %s', async (kind, id) => {
    const { silhouette, profile } = await startClient()
    await profile({ [kind]: Object.values(id)[0] }, { plan: 'gold' })

    const read = await silhouette.profiles.get(id)

    expect(read).toMatchObject({ client: 'demo', visitorId: Object.values(id)[0] })
    expect(read.profileAttributes['plan']?.value).toBe('gold')
  })

  it('that are not there are refused with a code', async () => {
    const { silhouette } = await startClient()

    const error = await failureOf(silhouette.profiles.get({ thirdPartyId: 'nobody' }))

    expect(error).toBeInstanceOf(ServiceError)
    expect(error).toMatchObject({
      status: 404,
      code: 'profile_not_found',
      retryAfterSeconds: undefined,
      message: 'No profile found for client demo with third party id=nobody',
    })
  })

  it('are updated with the outcome, any text of names and values', async () => {
    const { silhouette, profile, fetch } = await startClient()
    await profile({ thirdPartyId: 'ann' }, { plan: 'free' })
    const set = { plan: 'gold & more=+%', 'naïve name': 'Ås 🚲' }

    const outcomes = [
      await silhouette.profiles.update({ thirdPartyId: 'ann' }, set),
      await silhouette.profiles.update({ thirdPartyId: 'ann' }, set),
      await silhouette.profiles.update({ tntId: 'nobody' }, set),
    ]

    expect(outcomes).toEqual(['updated', 'unchanged', 'not-found'])
    expect(await fetch('thirdPartyId/ann')).toEqual(set)
  })

  it('are read by the Admin API without the token that the switch demands', async () => {
    const { silhouette, profile } = await startClient()
    await profile({ ecid: '0723445' }, { plan: 'gold' })
    await silhouette.settings.patch({ enableProfileApiAuthentication: true })

    const read = await silhouette.profiles.read({ ecid: '0723445' })

    expect(read).toMatchObject({ client: 'demo', visitorId: '0723445' })
    expect(read.profileAttributes['plan']?.value).toBe('gold')
  })

  it('are edited and deleted by the Admin API', async () => {
    const { silhouette, profile, fetch } = await startClient()
    await profile({ tntId: 'a1', thirdPartyId: 'ann' }, { plan: 'free', city: 'Oslo' })

    const edited = await silhouette.profiles.edit(
      { tntId: 'a1' },
      { set: { plan: 'gold' }, remove: ['city'] },
    )
    await silhouette.profiles.delete({ thirdPartyId: 'ann' })

    expect(Object.keys(edited.profileAttributes)).toEqual(['firstSessionStart', 'plan'])
    expect(await fetch('a1')).toBeUndefined()
  })

  it('tell the names of their attributes', async () => {
    const { silhouette, profile } = await startClient()
    await profile({ tntId: 'a1' }, { plan: 'free', 'profile.odd': '1', city: 'Oslo' })

    expect(await silhouette.profiles.attributeNames()).toEqual(['city', 'plan', 'profile.odd'])
  })

  it.each(['.', '..', ''])('with the id "%s", which no address can hold, are not asked for', async (id) => {
    const { silhouette } = await startClient()

    expect(() => silhouette.profiles.delete({ thirdPartyId: id })).toThrow(TypeError)
  })
})

describe('visits', () => {
  it('create a profile, link its ids and tell its tntId', async () => {
    const { silhouette, fetch } = await startClient()

    const reply = await silhouette.visits.send({
      sessionId: 's1',
      id: { thirdPartyId: 'ann' },
      execute: { pageLoad: { profileParameters: { plan: 'gold', visits: 3 } } },
    })

    expect(reply).toMatchObject({ status: 200, client: 'demo', id: { thirdPartyId: 'ann' } })
    expect(await fetch(reply.id.tntId)).toEqual({ plan: 'gold', visits: '3' })
  })

  it('are refused with a code', async () => {
    const { silhouette } = await startClient()

    const error = await failureOf(silhouette.visits.send({ sessionId: 'a b' }))

    expect(error).toMatchObject({ status: 400, code: 'parameter_invalid' })
  })
})
