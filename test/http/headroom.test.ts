import type { LightMyRequestResponse } from 'fastify'
import { describe, expect, it } from 'vitest'
import { startAdminApp } from './admin/people.ts'
import { startApp } from './start-app.ts'

function headroomOf({ statusCode, headers }: LightMyRequestResponse) {
  const number = (name: string) => (headers[name] === undefined ? undefined : Number(headers[name]))
  return {
    status: statusCode,
    limit: number('ratelimit-limit'),
    remaining: number('ratelimit-remaining'),
    reset: number('ratelimit-reset'),
    retryAfter: number('retry-after'),
  }
}

describe('calls left of a minute', () => {
  it('stand in the headers of Admin API calls, refused ones among them, and grow back', async () => {
    const { admin, context } = await startAdminApp({ adminCallsPerMinute: 2 })
    const call = async () => headroomOf(await admin('GET', '/clients/settings'))

    const first = await call()
    context.clock.advance(20_000)
    const second = await call()
    const refused = await call()
    context.clock.advance(40_000)
    const later = await call()

    expect(first).toEqual({ status: 200, limit: 2, remaining: 1, reset: 60, retryAfter: undefined })
    expect(second).toEqual({ status: 200, limit: 2, remaining: 0, reset: 40, retryAfter: undefined })
    expect(refused).toEqual({ status: 503, limit: 2, remaining: 0, reset: 40, retryAfter: 40 })
    expect(later).toEqual(first)
  })

  it('stand in the headers of uploads where those are limited, and nowhere else', async () => {
    const { post, get } = await startApp({ batchCallsPerMinute: 1 })
    const upload = () => post('/m2/demo/v2/profile/batchUpdate', 'batch=thirdPartyId,plan\nada,gold\n')

    const taken = await upload()
    const refused = await upload()
    const fetched = await get('/rest/v1/profiles/thirdPartyId/ada')

    expect(headroomOf(taken)).toMatchObject({ status: 200, limit: 1, remaining: 0, reset: 60 })
    expect(headroomOf(refused)).toMatchObject({ status: 503, limit: 1, remaining: 0, retryAfter: 60 })
    expect(headroomOf(fetched).limit).toBeUndefined()
  })

  it('are not told where there is no limit', async () => {
    const { admin } = await startAdminApp({ adminCallsPerMinute: 0 })

    const reply = await admin('GET', '/clients/settings')

    expect(headroomOf(reply)).toEqual({ status: 200 })
  })
})

describe('bytes left of a profile', () => {
  const acceptJson = { accept: 'application/json' }
  const byId = '/m2/demo/profile/update?mbox3rdPartyId=ada'

  it('stand in the JSON reply to an update, down to none, and are those that a refusal counts', async () => {
    const { get, post, profile } = await startApp()
    await profile({ thirdPartyId: 'ada' }, { city: 'Zürich' })

    const before = (await get(byId, acceptJson)).json<{ bytesLeft: number }>().bytesLeft
    const fill = (bytes: number) => post(byId, `profile.a=${'x'.repeat(bytes - 1)}`, acceptJson)
    const most = await fill(before - 6_000)
    const rest = await post(byId, `profile.b=${'y'.repeat(5_999)}`, acceptJson)
    const tooMuch = await post(byId, 'profile.c=z', acceptJson)

    expect(before).toBe(65_536 - (17 + 13) - Buffer.byteLength('cityZürich'))
    expect(most.json()).toMatchObject({ outcome: 'updated', bytesLeft: 6_000 })
    expect(rest.json()).toMatchObject({ outcome: 'updated', bytesLeft: 0 })
    expect(tooMuch.json()).toMatchObject({ success: false, code: 'profile_too_large' })
  })

  it('are not told of a profile that is not there, nor in XML', async () => {
    const { get, profile } = await startApp()
    const missing = await get(byId, acceptJson)
    await profile({ thirdPartyId: 'ada' })
    const xml = await get(byId)

    expect(missing.json()).toStrictEqual({
      success: true,
      message: 'Request successfully submitted',
      outcome: 'not-found',
    })
    expect(xml.body).toBe(
      '<response><success>true</success><message>Request successfully submitted</message></response>',
    )
  })

  it('stand beside a profile in the Admin API, the same as an update tells', async () => {
    const { admin, get, profile } = await startAdminApp()
    await profile({ thirdPartyId: 'ada' }, { plan: 'gold', city: 'Zürich' })
    const updated = await get(byId, acceptJson)

    const read = await admin('GET', '/profiles/thirdPartyId/ada')
    const patched = await admin('PATCH', '/profiles/thirdPartyId/ada', { remove: ['plan'] })

    const { bytesLeft } = updated.json<{ bytesLeft: number }>()
    expect(read.json()).toMatchObject({ bytesLeft })
    expect(patched.json()).toMatchObject({ bytesLeft: bytesLeft + 'plangold'.length })
  })
})
