import { describe, expect, it } from 'vitest'
import { messageOf, startApp } from './start-app.ts'

const submitted =
  '<response><success>true</success><message>Request successfully submitted</message></response>'

const json = { 'content-type': 'application/json' }
const form = { 'content-type': 'application/x-www-form-urlencoded' }

describe('a single update', () => {
  it('answers the documented text byte for byte, and the outcome in a header', async () => {
    const { get, profile } = await startApp()
    await profile({ tntId: '1368007744041-575948' })

    const reply = await get(
      '/m2/client/profile/update?mboxPC=1368007744041-575948.01_00&profile.attr=0&profile.attr2=1',
    )

    expect(reply.statusCode).toBe(200)
    expect(reply.headers['content-type']).toBe('text/xml;charset=UTF-8')
    expect(reply.headers['profile-outcome']).toBe('updated')
    expect(reply.body).toBe(submitted)
  })

  it('answers the same facts and the outcome as JSON where JSON is preferred', async () => {
    const { get, profile } = await startApp()
    await profile({ thirdPartyId: '123456' })

    const reply = await get('/m2/demo/profile/update?mbox3rdPartyId=123456&profile.attr=0', {
      accept: 'application/json',
    })

    expect(reply.headers['content-type']).toBe('application/json;charset=UTF-8')
    // Of 64 KiB, less firstSessionStart with its 13 digits and the attribute.
    const bytesLeft = 65_536 - (17 + 13) - 'attr0'.length
    expect(reply.json()).toStrictEqual({
      success: true,
      message: 'Request successfully submitted',
      outcome: 'updated',
      bytesLeft,
    })
  })

  it('answers the same text whatever became of it, and creates no profile', async () => {
    const { get, fetch, profile } = await startApp()
    await profile({ thirdPartyId: 'ada' }, { plan: 'gold' })
    const update = (id: string) => get(`/m2/demo/profile/update?mbox3rdPartyId=${id}&profile.plan=gold`)

    const replies = [await update('ada'), await update('nobody')]

    expect(replies.map(({ body }) => body)).toEqual([submitted, submitted])
    expect(replies.map(({ headers }) => headers['profile-outcome'])).toEqual(['unchanged', 'not-found'])
    expect(await fetch('thirdPartyId/nobody')).toBeUndefined()
  })

  it('refuses a request that names no visitor', async () => {
    const { get } = await startApp()

    const reply = await get('/m2/demo/profile/update?profile.a=1&mboxPC=&mbox3rdPartyId=%20')

    expect(reply.statusCode).toBe(400)
    expect(reply.headers['content-type']).toBe('text/xml;charset=UTF-8')
    expect(reply.body).toBe(
      '<response><success>false</success>' +
        '<message>No visitor is named; give the parameter mboxPC or mbox3rdPartyId.</message></response>',
    )
  })

  it('links the two ids that it names when a profile exists for one of them', async () => {
    const { get, fetch, profile } = await startApp()
    await profile({ thirdPartyId: 'ada' }, { plan: 'gold' })

    await get('/m2/demo/profile/update?mbox3rdPartyId=ada&mboxPC=cookie1')

    expect(await fetch('cookie1')).toEqual({ plan: 'gold' })
  })

  it('changes nothing where a tntId of one thirdPartyId is named with another that is unknown', async () => {
    const { get, fetch, profile } = await startApp()
    await profile({ thirdPartyId: 'ada', tntId: 'shared' }, { plan: 'gold' })

    const reply = await get('/m2/demo/profile/update?mbox3rdPartyId=bob&mboxPC=shared&profile.plan=free')

    expect(reply.headers['profile-outcome']).toBe('not-found')
    expect(await fetch('shared')).toEqual({ plan: 'gold' })
    expect(await fetch('thirdPartyId/bob')).toBeUndefined()
  })

  it('refuses with 400 what would make the profile too large, and writes nothing', async () => {
    const { post, fetch, profile } = await startApp()
    await profile({ thirdPartyId: 'ada' }, { a: 'x'.repeat(40_000) })

    const reply = await post('/m2/demo/profile/update', `mbox3rdPartyId=ada&profile.b=${'y'.repeat(30_000)}`)

    expect(reply.statusCode).toBe(400)
    expect(messageOf(reply)).toMatch(/^The profile would hold 70032 bytes .* the limit is 65536\./)
    expect(await fetch('thirdPartyId/ada')).toEqual({ a: 'x'.repeat(40_000) })
  })
})

describe('parameters of an update', () => {
  it.each<[string, string, Record<string, string>]>([
    [
      'keeps dotted names as they are',
      'profile.address.city=Paris&profile.tags.0=a',
      { 'address.city': 'Paris', 'tags.0': 'a' },
    ],
    ['ignores every other parameter', 'x=1&mboxSession=2&Profile.b=3&profile=4&profile.a=5', { a: '5' }],
    [
      'leaves stray text of an unencoded & alone',
      'profile.a=Marks%20&%zz=1&&=&profile.b=2',
      { a: 'Marks ', b: '2' },
    ],
    ['lets the last of repeated parameters win', 'profile.a=1&profile.a=2', { a: '2' }],
    ['ignores an empty value, also after another', 'profile.a=1&profile.a=&profile.b=&profile.c', { a: '1' }],
    ['takes + and %20 as a space', 'profile.a=x+y%20z%2B', { a: 'x y z+' }],
    ['decodes names and values as UTF-8', 'profile.na%C3%AFve=%F0%9F%98%80', { naïve: '😀' }],
    ['keeps names and values case-sensitive', 'profile.A=x&profile.a=X', { A: 'x', a: 'X' }],
    ['takes all of a value after the first =', 'profile.a=b=c=', { a: 'b=c=' }],
    ['decodes an encoded name', 'pro%66ile.a=1', { a: '1' }],
    [
      'takes names that objects have of their own',
      'profile.__proto__=1&profile.constructor=2',
      JSON.parse('{"__proto__":"1","constructor":"2"}'),
    ],
  ])('%s', async (_, parameters, expected) => {
    const { post, get, profile, fetch } = await startApp()
    await profile({ thirdPartyId: 'byGet' })
    await profile({ thirdPartyId: 'byForm' })

    const replies = [
      await get(`/m2/demo/profile/update?mbox3rdPartyId=byGet&${parameters}`),
      await post('/m2/demo/profile/update', `mbox3rdPartyId=byForm&${parameters}`, form),
    ]

    expect(replies.map(({ statusCode }) => statusCode)).toEqual([200, 200])
    expect(await fetch('thirdPartyId/byGet')).toEqual(expected)
    expect(await fetch('thirdPartyId/byForm')).toEqual(expected)
  })

  it.each([
    [
      'profile.plan=%zz',
      'The parameter profile.plan: malformed escape %zz; percent-encode the value as UTF-8.',
    ],
    ['profile.plan=%C3%28', 'The parameter profile.plan: invalid UTF-8; percent-encode the value as UTF-8.'],
    [
      'profile.plan=1%2',
      'The parameter profile.plan: malformed escape %2; percent-encode the value as UTF-8.',
    ],
    [
      'profile.plan=%zz&profile.plan=gold',
      'The parameter profile.plan: malformed escape %zz; percent-encode the value as UTF-8.',
    ],
    [
      'profile.%zz=1',
      'The name of the parameter profile.%zz: malformed escape %zz; percent-encode it as UTF-8.',
    ],
    [
      'pro%66ile.%ff=1',
      'The name of the parameter pro%66ile.%ff: invalid UTF-8; percent-encode it as UTF-8.',
    ],
    ['mboxPC=%f', 'The parameter mboxPC: malformed escape %f; percent-encode the value as UTF-8.'],
    [
      'mboxPC=a.b',
      'The parameter mboxPC has a dot that begins no location hint (such as .28_20); ' +
        'send the tntId as it was returned.',
    ],
    [`mboxPC=${'x'.repeat(129)}`, 'The parameter mboxPC is longer than 128 characters.'],
    [
      'mbox3rdPartyId=a%2Bb',
      'The parameter mbox3rdPartyId holds "+" or "/", which a thirdPartyId must not; use an id without them.',
    ],
    [
      'mbox3rdPartyId=a/b',
      'The parameter mbox3rdPartyId holds "+" or "/", which a thirdPartyId must not; use an id without them.',
    ],
    [`mbox3rdPartyId=${'x'.repeat(257)}`, 'The parameter mbox3rdPartyId is longer than 256 characters.'],
    [
      'profile.firstSessionStart=',
      'The parameter profile.firstSessionStart: ' +
        'the name is set by the service and cannot be written; leave it out.',
    ],
    ['profile.=1', 'The parameter profile.: the name is empty; give the attribute a name.'],
    ['profile.a%0Ab=1', 'The parameter profile.a\nb: the name holds a control character.'],
    [
      `profile.${'n'.repeat(251)}=1`,
      `The parameter profile.${'n'.repeat(251)}: the name is longer than 250 characters.`,
    ],
  ])('400 refuses %s, names it, and writes nothing', async (parameters, message) => {
    const { get, post, profile, fetch } = await startApp()
    await profile({ thirdPartyId: 'ada' })
    const all = `mbox3rdPartyId=ada&profile.other=1&${parameters}`

    const replies = [await get(`/m2/demo/profile/update?${all}`), await post('/m2/demo/profile/update', all)]

    expect(replies.map(({ statusCode }) => statusCode)).toEqual([400, 400])
    const texts = replies.map((reply) => /<message>([^]*)<\/message>/.exec(reply.body)?.[1])
    expect(texts).toEqual([message, message])
    expect(await fetch('thirdPartyId/ada')).toEqual({})
  })
})

describe('the body of an update', () => {
  it('is a form unless it says that it is JSON', async () => {
    const { post, profile, fetch } = await startApp()
    await profile({ thirdPartyId: 'ada' })
    const types = [
      'text/plain',
      'application/octet-stream',
      'nonsense',
      '',
      'application/x-www-form-urlencoded;charset=utf-8',
    ]

    for (const [index, type] of types.entries()) {
      await post('/m2/demo/profile/update', `mbox3rdPartyId=ada&profile.a${index}=1`, {
        'content-type': type,
      })
    }

    expect(await fetch('thirdPartyId/ada')).toEqual({ a0: '1', a1: '1', a2: '1', a3: '1', a4: '1' })
  })

  it('may be empty with everything in the query, whatever type it claims', async () => {
    const { post, profile, fetch } = await startApp()
    await profile({ thirdPartyId: 'ada' })

    const replies = [
      await post('/m2/demo/profile/update?mbox3rdPartyId=ada&profile.address.city=New%20York%20City'),
      await post('/m2/demo/profile/update?mbox3rdPartyId=ada&profile.b=1', '', json),
    ]

    expect(replies.map(({ statusCode }) => statusCode)).toEqual([200, 200])
    expect(await fetch('thirdPartyId/ada')).toEqual({ 'address.city': 'New York City', b: '1' })
  })

  it('goes before the query where both name a parameter', async () => {
    const { post, profile, fetch } = await startApp()
    await profile({ thirdPartyId: 'ada' })

    await post('/m2/demo/profile/update?profile.a=query&profile.b=query', 'mbox3rdPartyId=ada&profile.a=body')

    expect(await fetch('thirdPartyId/ada')).toEqual({ a: 'body', b: 'query' })
  })

  it('may be a flat JSON object: numbers and booleans become strings, null is empty', async () => {
    const { post, profile, fetch } = await startApp()
    await profile({ tntId: '42' })
    const body = {
      mboxPC: 42,
      'profile.text': 'x y+z',
      'profile.number': 1.5,
      'profile.yes': true,
      'profile.nothing': null,
      'profile.__proto__': 'safe',
      other: { ignored: [] },
    }

    const reply = await post('/m2/demo/profile/update', JSON.stringify(body), {
      'content-type': 'Application/JSON; charset=utf-8',
    })

    expect(reply.statusCode).toBe(200)
    expect(await fetch('42')).toEqual(
      JSON.parse('{"text":"x y+z","number":"1.5","yes":"true","__proto__":"safe"}'),
    )
  })

  it.each<[string, string | Buffer, string]>([
    ['an array', '[]', 'The body must be a JSON object such as {"mboxPC":"…","profile.k":"v"}.'],
    ['text', '"x"', 'The body must be a JSON object such as {"mboxPC":"…","profile.k":"v"}.'],
    ['null', 'null', 'The body must be a JSON object such as {"mboxPC":"…","profile.k":"v"}.'],
    ['a truncated object', '{"mboxPC":"1"', 'The body is not valid JSON (position 13).'],
    [
      'bytes that are not UTF-8',
      Buffer.from('{"mboxPC":"\xff"}', 'latin1'),
      'The body is not valid UTF-8; encode the JSON as UTF-8.',
    ],
    [
      'an object as value',
      '{"mboxPC":"1","profile.a":{"b":1}}',
      'The parameter profile.a must be a string, a number or a boolean.',
    ],
    [
      'an array as value',
      '{"mboxPC":"1","profile.a":["b"]}',
      'The parameter profile.a must be a string, a number or a boolean.',
    ],
    ['an object as id', '{"mboxPC":{}}', 'The parameter mboxPC must be a string, a number or a boolean.'],
    [
      'half a surrogate pair as value',
      '{"mboxPC":"1","profile.a":"\\ud800"}',
      'The parameter profile.a is not valid Unicode.',
    ],
    [
      'half a surrogate pair as name',
      '{"mboxPC":"1","profile.\\ud800":"a"}',
      'The name of a parameter, "profile.\\ud800", is not valid Unicode.',
    ],
    [
      'a number that JSON readers round',
      '{"mboxPC":111492025094307353046}',
      'The parameter mboxPC is too large a number to be kept exactly; send it as a string.',
    ],
  ])('400 refuses JSON that is %s', async (_, body, message) => {
    const { post, profile, fetch } = await startApp()
    await profile({ tntId: '1' })

    const reply = await post('/m2/demo/profile/update', body, json)

    expect(reply.statusCode).toBe(400)
    expect(messageOf(reply)).toBe(message)
    expect(await fetch('1')).toEqual({})
  })

  it('is not taken compressed', async () => {
    const { post } = await startApp()

    const reply = await post('/m2/demo/profile/update', 'mboxPC=1', { 'content-encoding': 'gzip' })

    expect(reply.statusCode).toBe(400)
    expect(messageOf(reply)).toBe('Content-Encoding is taken by batch uploads only; send this body as it is.')
  })
})

describe('the size of an update', () => {
  /** A query of exactly so many bytes. */
  const padded = (bytes: number) => {
    const start = 'mbox3rdPartyId=ada&profile.a='
    return start + 'x'.repeat(bytes - start.length)
  }

  it('may be 8,192 bytes of query by GET, not one more', async () => {
    const { get, profile } = await startApp()
    await profile({ thirdPartyId: 'ada' })

    const replies = [
      await get(`/m2/demo/profile/update?${padded(8_192)}`),
      await get(`/m2/demo/profile/update?${padded(8_193)}`),
    ]

    expect(replies.map(({ statusCode }) => statusCode)).toEqual([200, 413])
    expect(messageOf(replies[1]!)).toBe(
      'The query has 8193 bytes; an update by GET takes 8192. ' +
        'Use POST (up to 61440 bytes) or send several updates.',
    )
  })

  it('may be 61,440 bytes by POST, not one more: query, body, or both together', async () => {
    const { post, profile } = await startApp()
    await profile({ thirdPartyId: 'ada' })
    const split = (bytes: number) => [`?${padded(30_000)}`, padded(bytes - 30_000)] as const

    const fitting = [
      await post(`/m2/demo/profile/update?${padded(61_440)}`),
      await post('/m2/demo/profile/update', padded(61_440)),
      await post(`/m2/demo/profile/update${split(61_440)[0]}`, split(61_440)[1]),
    ]
    const excessive = [
      await post(`/m2/demo/profile/update?${padded(61_441)}`),
      await post('/m2/demo/profile/update', padded(61_441)),
      await post(`/m2/demo/profile/update${split(61_441)[0]}`, split(61_441)[1]),
    ]

    expect(fitting.map(({ statusCode }) => statusCode)).toEqual([200, 200, 200])
    expect(excessive.map(({ statusCode }) => statusCode)).toEqual([413, 413, 413])
    expect(messageOf(excessive[0]!)).toBe(
      'An update by POST takes 61440 bytes of query and body together; send several updates.',
    )
  })
})
