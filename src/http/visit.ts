import type { FastifyRequest } from 'fastify'
import type { ProfileChange } from '../domain/profiles/update.ts'
import { Refusal } from '../lib/errors.ts'
import { hasAtMostChars } from '../lib/text.ts'
import { attributeNameFault } from '../model/attribute.ts'
import { parseId, type IdKind, type VisitorIds } from '../model/visitor-id.ts'
import type { DeliveryPart, DeliveryRequest, RequestDetails } from '../wire/delivery.ts'
import { attributePrefix } from '../wire/parameters.ts'
import { scalarText } from '../wire/scalar.ts'
import { untrimmedParameter } from './address.ts'

/** Characters of a visit's attribute name and value. @source target-profile-service.md §9.3 */
const visitNameCharsMax = 128
const visitValueCharsMax = 5_000

/** Joined length of an order's product ids. @source target-profile-service.md §9.3 */
const productIdsCharsMax = 250

/** Names that a mbox's own parameters must not have. @source target-profile-service.md §9.3 */
const reservedMboxParameters = ['orderId', 'orderTotal', 'productPurchasedIds']

/** Refuses a visit without a usable session id. @source target-profile-service.md §9.2 */
export function requireSessionId(request: FastifyRequest): void {
  const sessionId = untrimmedParameter(request, 'sessionId')
  if (sessionId === undefined || sessionId === '') {
    throw new Refusal('parameter_invalid', 'The query parameter sessionId is required.')
  }
  if (!/^[^\s\p{Cc}?{}/]{1,128}$/u.test(sessionId)) {
    throw new Refusal(
      'parameter_invalid',
      'The query parameter sessionId must be 1 to 128 printable characters other than space, ?, {, } and /.',
    )
  }
}

/**
 * Gathers what a visit writes: its ids, and the attributes of all its parts; the last part that
 * names an attribute with a value wins.
 *
 * @param delivery of the right shape; what shape alone does not decide is judged here
 * @throws         Refusal `parameter_invalid`, `attribute_name_invalid` or `id_invalid`
 * @source decisions.md §8
 */
export function toVisit(delivery: DeliveryRequest): ProfileChange {
  for (const [index, { mbox, view }] of (delivery.notifications ?? []).entries()) {
    if (mbox && view) throw invalid(`notifications[${index}]`, 'must have a mbox or a view, not both')
  }
  const set = new Map<string, string>()
  for (const [path, details] of listDetails(delivery)) {
    judgeDetails(path, details)
    for (const [name, value] of Object.entries(details.profileParameters ?? {})) {
      const text = readAttribute(`${path}.profileParameters`, name, value)
      if (text !== '') set.set(name, text)
    }
  }
  return { ids: readIds(delivery.id ?? {}), set }
}

type Details = readonly [path: string, details: RequestDetails]

function listDetails({ execute, prefetch, notifications = [] }: DeliveryRequest): Details[] {
  return [
    ...listPart('execute', execute),
    ...listPart('prefetch', prefetch),
    ...notifications.map((notification, index) => [`notifications[${index}]`, notification] as const),
  ]
}

function listPart(path: string, { pageLoad, mboxes = [], views = [] }: DeliveryPart = {}): Details[] {
  return [
    ...(pageLoad ? [[`${path}.pageLoad`, pageLoad] as const] : []),
    ...mboxes.map((mbox, index) => [`${path}.mboxes[${index}]`, mbox] as const),
    ...views.map((view, index) => [`${path}.views[${index}]`, view] as const),
  ]
}

function judgeDetails(path: string, { parameters = {}, order }: RequestDetails) {
  const reserved =
    path.includes('.mboxes[') && reservedMboxParameters.find((name) => Object.hasOwn(parameters, name))
  if (reserved) throw invalid(`${path}.parameters`, `must not have the name ${reserved}; send it in order`)
  if (!hasAtMostChars(order?.purchasedProductIds?.join(',') ?? '', productIdsCharsMax)) {
    throw invalid(
      `${path}.order.purchasedProductIds`,
      `must have at most ${productIdsCharsMax} characters together`,
    )
  }
}

function readAttribute(path: string, name: string, value: unknown): string {
  const fault = visitNameFault(name)
  if (fault) throw new Refusal('attribute_name_invalid', `${path}: the name "${name}" ${fault}.`)
  const text = scalarText(value)
  if (typeof text !== 'string') throw invalid(`${path}.${name}`, text.fault)
  if (hasAtMostChars(text, visitValueCharsMax)) return text
  throw invalid(`${path}.${name}`, `must have at most ${visitValueCharsMax} characters`)
}

function visitNameFault(name: string): string | undefined {
  if (name.trim() === '') return 'is blank; give the attribute a name'
  if (!hasAtMostChars(name, visitNameCharsMax)) return `is longer than ${visitNameCharsMax} characters`
  if (name.startsWith(attributePrefix))
    return `must not begin with "${attributePrefix}"; leave the prefix out`
  return attributeNameFault(name)
}

function readIds(ids: NonNullable<DeliveryRequest['id']>): VisitorIds {
  return {
    tntId: readId('id.tntId', 'tntId', ids.tntId),
    thirdPartyId: readId('id.thirdPartyId', 'thirdPartyId', ids.thirdPartyId),
    ecid: readId('id.marketingCloudVisitorId', 'ecid', ids.marketingCloudVisitorId),
  }
}

function readId(path: string, kind: IdKind, text = ''): string | undefined {
  const id = parseId(kind, text)
  if (typeof id !== 'object') return id
  throw new Refusal('id_invalid', `${path} ${id.fault}.`)
}

function invalid(path: string, what: string): Refusal {
  return new Refusal('parameter_invalid', `${path} ${what}.`)
}
