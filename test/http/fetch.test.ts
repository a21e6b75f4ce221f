import { describe, expect, it } from 'vitest'
import { startApp } from './start-app.ts'

describe('a fetch', () => {
  it('answers the documented JSON byte for byte', async () => {
    const { context, get, post, profile } = await startApp({ profileLifetimeDays: 90 })
    context.clock.set(Date.UTC(2017, 6, 21, 14, 51, 55, 286))
    await profile({ thirdPartyId: 'a1-mbox3rdPartyId' }, { insurance: 'false' })
    context.clock.set(Date.UTC(2017, 7, 9, 22, 18, 4, 659))
    await post('/m2/demo/profile/update', 'mbox3rdPartyId=a1-mbox3rdPartyId&profile.user.memberlevel=0.0')

    const reply = await get('/rest/v1/profiles/thirdPartyId/a1-mbox3rdPartyId?client=demo')

    expect(reply.statusCode).toBe(200)
    expect(reply.headers['content-type']).toBe('application/json;charset=UTF-8')
    expect(reply.body).toBe(
      '{"client":"demo","visitorId":"a1-mbox3rdPartyId","modifiedAt":"2017-08-09T22:18:04.659+00:00",' +
        '"profileAttributes":{' +
        '"firstSessionStart":{"value":"1500648715286","modifiedAt":"2017-07-21T14:51:55.286+00:00"},' +
        '"insurance":{"value":"false","modifiedAt":"2017-07-21T14:51:55.286+00:00"},' +
        '"user.memberlevel":{"value":"0.0","modifiedAt":"2017-08-09T22:18:04.659+00:00"}}}',
    )
  })

  it('finds the profile by each of its ids, and echoes the id asked for', async () => {
    const { get, profile } = await startApp()
    await profile({ tntId: '111492025094307-353046', thirdPartyId: 'ada', ecid: '38400' }, { plan: 'gold' })
    const addresses = [
      '111492025094307-353046',
      '111492025094307-353046.28_20',
      'thirdPartyId/ada',
      'marketingCloudVisitorId/38400',
    ]

    const replies = await Promise.all(
      addresses.map((address) => get(`/rest/v1/profiles/${address}?client=demo`)),
    )

    const bodies = replies.map((reply) => reply.json<{ visitorId: string; profileAttributes: object }>())
    expect(bodies.map(({ visitorId }) => visitorId)).toEqual([
      '111492025094307-353046',
      '111492025094307-353046.28_20',
      'ada',
      '38400',
    ])
    expect(bodies.map(({ profileAttributes }) => profileAttributes)).toEqual(
      addresses.map(() => expect.objectContaining({ plan: expect.objectContaining({ value: 'gold' }) })),
    )
  })

  it('decodes the id in the path', async () => {
    const { get, profile } = await startApp()
    await profile({ thirdPartyId: 'ä b%c?d😀' })

    const reply = await get(`/rest/v1/profiles/thirdPartyId/${encodeURIComponent('ä b%c?d😀')}`)

    expect(reply.json()).toMatchObject({ visitorId: 'ä b%c?d😀' })
  })

  it('finds an id of 256 characters that take twelve bytes each when encoded', async () => {
    const { get, profile } = await startApp()
    const id = '😀'.repeat(256)
    await profile({ thirdPartyId: id })

    const reply = await get(`/rest/v1/profiles/thirdPartyId/${encodeURIComponent(id)}`)

    expect(reply.json()).toMatchObject({ visitorId: id })
  })

  it.each([
    ['42', 'mboxPC=42'],
    ['1436187396849-250353.03_03', 'mboxPC=1436187396849-250353.03_03'],
    ['a.b', 'mboxPC=a.b'],
    ['x'.repeat(129), `mboxPC=${'x'.repeat(129)}`],
    ['thirdPartyId/42', 'third party id=42'],
    ['thirdPartyId/a+b', 'third party id=a+b'],
    ['thirdPartyId/a%2Fb', 'third party id=a/b'],
    [`thirdPartyId/${'x'.repeat(20_000)}`, `third party id=${'x'.repeat(20_000)}`],
    ['thirdPartyId/%20', 'third party id= '],
    ['thirdPartyId', 'mboxPC=thirdPartyId'],
    ['marketingCloudVisitorId/42', 'marketingCloudVisitorId=42'],
  ])('404 says that nothing is found for %.40s', async (address, found) => {
    const { get } = await startApp()

    const reply = await get(`/rest/v1/profiles/${address}?client=demo`)

    expect(reply.statusCode).toBe(404)
    expect(reply.headers['content-type']).toBe('application/json;charset=UTF-8')
    expect(reply.body).toBe(`{"status":404,"message":"No profile found for client demo with ${found}"}`)
  })

  it('404 answers for a profile whose lifetime has ended', async () => {
    const { context, get, profile } = await startApp()
    await profile({ tntId: '42' })
    context.clock.advance(14 * 86_400_000)

    const reply = await get('/rest/v1/profiles/42')

    expect(reply.statusCode).toBe(404)
  })

  it('shows names and values of any text as JSON that reads back the same', async () => {
    const { get, profile } = await startApp()
    const attributes = JSON.parse('{"__proto__":"p","a\\"b":"line\\n\\u2028\\u0000","10":"ten","2":"two"}')
    await profile({ tntId: '42' }, attributes)

    const reply = await get('/rest/v1/profiles/42')

    const { profileAttributes } = reply.json<{ profileAttributes: Record<string, { value: string }> }>()
    for (const [name, value] of Object.entries(attributes)) {
      expect([name, profileAttributes[name]?.value]).toEqual([name, value])
    }
    expect(Object.keys(profileAttributes)).toHaveLength(5)
  })
})
