import { describe, expect, it } from 'vitest'
import { messageOf, startApp } from './start-app.ts'
import { sendVisit, visitAddress } from './visits.ts'

const profileParameters = (value: object) => ({ execute: { pageLoad: { profileParameters: value } } })
const mbox = (value: object) => ({ execute: { mboxes: [{ name: 'a' }, { name: 'b', ...value }] } })
const notification = (value: object) => ({
  notifications: [{ id: 'n', type: 'click', timestamp: 1, ...value }],
})

describe('a visit that is not valid', () => {
  const where = 'execute.pageLoad.profileParameters'
  it.each<[message: string, body: object]>([
    ['context is required.', { context: undefined }],
    ['context.channel is required.', { context: {} }],
    ['context.channel must be "mobile" or "web".', { context: { channel: 'tv' } }],
    ['requestId must have at most 128 characters.', { requestId: 'x'.repeat(129) }],
    ['impressionId must have at most 128 characters.', { impressionId: 'x'.repeat(129) }],
    ['id must be an object.', { id: 'ada' }],
    ['id.tntId must be a string.', { id: { tntId: 42 } }],
    ['id.tntId is longer than 128 characters.', { id: { tntId: 'x'.repeat(129) } }],
    [
      'id.tntId has a dot that begins no location hint (such as .28_20); send the tntId as it was returned.',
      { id: { tntId: 'a.b' } },
    ],
    ['id.thirdPartyId is longer than 256 characters.', { id: { thirdPartyId: 'x'.repeat(257) } }],
    [
      'id.thirdPartyId holds "+" or "/", which a thirdPartyId must not; use an id without them.',
      { id: { thirdPartyId: 'a+b' } },
    ],
    [
      'id.marketingCloudVisitorId is longer than 128 characters.',
      { id: { marketingCloudVisitorId: 'x'.repeat(129) } },
    ],
    ['id.thirdPartyId is not valid UTF-8.', { id: { thirdPartyId: '\ud800' } }],
    [
      'id.customerIds size must be between 0 and 50.',
      { id: { customerIds: Array.from({ length: 51 }, () => ({})) } },
    ],
    ['id.customerIds[0] must be an object.', { id: { customerIds: [null] } }],
    ['id.customerIds[0].id is required.', { id: { customerIds: [{}] } }],
    [
      'id.customerIds[0].authenticatedState must be "unknown" or "authenticated" or "logged_out".',
      { id: { customerIds: [{ id: '1', integrationCode: 'c', authenticatedState: 'in' }] } },
    ],
    ['execute must be an object.', { execute: [] }],
    ['execute.pageLoad must be an object.', { execute: { pageLoad: true } }],
    [
      'execute.mboxes size must be between 0 and 50.',
      { execute: { mboxes: Array.from({ length: 51 }, () => ({ name: 'a' })) } },
    ],
    ['prefetch.mboxes must be an array.', { prefetch: { mboxes: { index: 1, name: 'SummerOffer' } } }],
    ['prefetch.views must be an array.', { prefetch: { views: {} } }],
    ['execute.mboxes[0].name is required.', { execute: { mboxes: [{}] } }],
    ['execute.mboxes[1].name must not be blank.', mbox({ name: ' ' })],
    ['execute.mboxes[1].name must have at most 250 characters.', mbox({ name: 'x'.repeat(251) })],
    ['execute.mboxes[1].index must be 0 or more.', mbox({ index: -1 })],
    ['execute.mboxes[1].index must be a whole number.', mbox({ index: 1.5 })],
    [
      'execute.mboxes[1].parameters must not have the name orderTotal; send it in order.',
      mbox({ parameters: { orderTotal: '1' } }),
    ],
    ['execute.mboxes[1].order.total must be 0 or more.', mbox({ order: { total: -1 } })],
    [
      'execute.mboxes[1].order.id must have at most 250 characters.',
      mbox({ order: { id: 'x'.repeat(251) } }),
    ],
    [
      'execute.mboxes[1].order.purchasedProductIds[0] must have at most 50 characters.',
      mbox({ order: { purchasedProductIds: ['x'.repeat(51)] } }),
    ],
    [
      'execute.mboxes[1].order.purchasedProductIds must have at most 250 characters together.',
      mbox({ order: { purchasedProductIds: Array(6).fill('x'.repeat(50)) } }),
    ],
    [
      'execute.mboxes[1].product.id must have at most 128 characters.',
      mbox({ product: { id: 'x'.repeat(129) } }),
    ],
    [
      'execute.mboxes[1].product.categoryId must have at most 128 characters.',
      mbox({ product: { categoryId: 'x'.repeat(129) } }),
    ],
    ['notifications must be an array.', { notifications: {} }],
    ['notifications[0].id is required.', { notifications: [{ type: 'click', timestamp: 1 }] }],
    ['notifications[0].id must have at most 200 characters.', notification({ id: 'x'.repeat(201) })],
    ['notifications[0].type must be "click" or "display".', notification({ type: 'hover' })],
    ['notifications[0].timestamp is required.', { notifications: [{ id: 'n', type: 'click' }] }],
    ['notifications[0].timestamp must be a whole number.', notification({ timestamp: 'now' })],
    ['notifications[0].tokens must be an array.', notification({ tokens: 'x' })],
    ['notifications[0].tokens[0] must be a string.', notification({ tokens: [1] })],
    ['notifications[0] must have a mbox or a view, not both.', notification({ mbox: {}, view: {} })],
    [
      `${where} size must be between 0 and 50.`,
      profileParameters(Object.fromEntries(Array.from({ length: 51 }, (_, i) => [i, '1']))),
    ],
    [
      `${where}: the name "profile.a" must not begin with "profile."; leave the prefix out.`,
      profileParameters({ 'profile.a': '1' }),
    ],
    [`${where}: the name " " is blank; give the attribute a name.`, profileParameters({ ' ': '1' })],
    [
      `${where}: the name "${'n'.repeat(129)}" is longer than 128 characters.`,
      profileParameters({ ['n'.repeat(129)]: '1' }),
    ],
    [`${where}: the name "a\\u0000" holds a control character.`, profileParameters({ 'a\0': '1' })],
    [
      `${where}: the name "firstSessionStart" is set by the service and cannot be written; leave it out.`,
      profileParameters({ firstSessionStart: '' }),
    ],
    [`${where}.a must have at most 5000 characters.`, profileParameters({ a: 'x'.repeat(5_001) })],
    [`${where}.a must be a string, a number or a boolean.`, profileParameters({ a: null })],
    [`${where}.a must be a string, a number or a boolean.`, profileParameters({ a: {} })],
    [`${where}.a must be a string, a number or a boolean.`, profileParameters({ a: ['x'] })],
    [`${where}.a is not valid Unicode.`, profileParameters({ a: '\ud800' })],
    [`${where} must be an object.`, profileParameters([])],
  ])('is refused with 400: %.100s', async (message, body) => {
    const app = await startApp()

    const reply = await sendVisit(app, body)

    expect(reply.statusCode).toBe(400)
    expect(JSON.parse(reply.body)).toEqual({ status: 400, message: message.replace('\\u0000', '\0') })
    expect(Object.keys(reply.json())).toEqual(['status', 'message'])
  })

  it.each([
    ['', 'The body is not valid JSON (unexpected end).'],
    ['{', 'The body is not valid JSON (position 1).'],
    ['client=demo', "The body is not valid JSON (unexpected token 'c')."],
    ['[]', 'The body must be an object.'],
    ['null', 'The body must be an object.'],
  ])('is refused with 400 for the body %j', async (body, message) => {
    const app = await startApp()

    const reply = await app.post(visitAddress, body)

    expect(reply.statusCode).toBe(400)
    expect(messageOf(reply)).toBe(message)
  })

  it.each([
    ['', 'is required'],
    ['sessionId=', 'is required'],
    [`sessionId=${'x'.repeat(129)}`, 'must be 1 to 128 printable characters other than space, ?, {, } and /'],
    ['sessionId=a%20b', 'must be 1 to 128 printable characters other than space, ?, {, } and /'],
    ['sessionId=a%7Bb', 'must be 1 to 128 printable characters other than space, ?, {, } and /'],
    ['sessionId=a%2Fb', 'must be 1 to 128 printable characters other than space, ?, {, } and /'],
    ['sessionId=a%00b', 'must be 1 to 128 printable characters other than space, ?, {, } and /'],
  ])('is refused with 400 for the query %.30s', async (query, fault) => {
    const app = await startApp()

    const reply = await sendVisit(app, {}, `/rest/v1/delivery?client=demo&${query}`)

    expect(reply.statusCode).toBe(400)
    expect(messageOf(reply)).toBe(`The query parameter sessionId ${fault}.`)
  })
})
