import { Type, type Static } from '@sinclair/typebox'
import { named } from './named.ts'

/** Entries of a list or map in a visit. @source target-profile-service.md §5.6, §9 */
const entriesMax = 50

/** Characters of a product id, and of all product ids of an order joined by commas. */
const productIdCharsMax = 50

/** Attributes that a visit sets. Names and values are judged when they are merged (`http/visit.ts`). */
const ProfileParameters = Type.Record(Type.String(), Type.Unknown(), { maxProperties: entriesMax })

const Order = Type.Object({
  id: Type.Optional(Type.String({ maxLength: 250 })),
  total: Type.Optional(Type.Number({ minimum: 0 })),
  purchasedProductIds: Type.Optional(
    Type.Array(Type.String({ maxLength: productIdCharsMax, pattern: '\\S' })),
  ),
})

const Product = Type.Object({
  id: Type.Optional(Type.String({ maxLength: 128 })),
  categoryId: Type.Optional(Type.String({ maxLength: 128 })),
})

const requestDetails = {
  parameters: Type.Optional(Type.Record(Type.String(), Type.Unknown())),
  profileParameters: Type.Optional(ProfileParameters),
  order: Type.Optional(Order),
  product: Type.Optional(Product),
}

const PageLoad = Type.Object(requestDetails)

const Mbox = Type.Object({
  ...requestDetails,
  index: Type.Optional(Type.Integer({ minimum: 0 })),
  name: Type.String({ maxLength: 250, pattern: '\\S' }),
})

const View = Type.Object({
  ...requestDetails,
  name: Type.Optional(Type.String({ maxLength: 128 })),
  key: Type.Optional(Type.String({ maxLength: 512 })),
})

const part = {
  pageLoad: Type.Optional(PageLoad),
  mboxes: Type.Optional(Type.Array(Mbox, { maxItems: entriesMax })),
  views: Type.Optional(Type.Array(View)),
}

const Notification = Type.Object({
  ...requestDetails,
  id: Type.String({ maxLength: 200, pattern: '\\S' }),
  type: Type.Union([Type.Literal('click'), Type.Literal('display')]),
  timestamp: Type.Integer({ minimum: 0 }),
  impressionId: Type.Optional(Type.String({ maxLength: 128 })),
  tokens: Type.Optional(Type.Array(Type.String())),
  mbox: Type.Optional(Type.Object({ name: Type.Optional(Type.String({ maxLength: 250 })) })),
  view: Type.Optional(Type.Object({ name: Type.Optional(Type.String({ maxLength: 128 })) })),
})

const CustomerId = Type.Object({
  id: Type.String({ maxLength: 128 }),
  integrationCode: Type.String({ maxLength: 50 }),
  authenticatedState: Type.Union([
    Type.Literal('unknown'),
    Type.Literal('authenticated'),
    Type.Literal('logged_out'),
  ]),
})

/** Ids of a visitor; their shape is judged by the rules of ids. Blank ones count as absent. */
const VisitorIdsBody = Type.Object({
  tntId: Type.Optional(Type.String()),
  thirdPartyId: Type.Optional(Type.String()),
  marketingCloudVisitorId: Type.Optional(Type.String()),
  customerIds: Type.Optional(Type.Array(CustomerId, { maxItems: entriesMax })),
})

/**
 * The body of a visit. Members that are not named here are tolerated and do nothing.
 *
 * @source Adobe, delivery-api.json; decisions.md §8
 */
export const DeliveryRequest = Type.Object({
  requestId: Type.Optional(Type.String({ maxLength: 128 })),
  impressionId: Type.Optional(Type.String({ maxLength: 128 })),
  environmentId: Type.Optional(Type.Integer()),
  id: Type.Optional(VisitorIdsBody),
  context: Type.Object({ channel: Type.Union([Type.Literal('mobile'), Type.Literal('web')]) }),
  execute: Type.Optional(Type.Object(part)),
  prefetch: Type.Optional(Type.Object(part)),
  notifications: Type.Optional(Type.Array(Notification)),
})

export type DeliveryRequest = Static<typeof DeliveryRequest>
export type DeliveryPart = NonNullable<DeliveryRequest['execute']>
export type RequestDetails = Static<typeof PageLoad>

const PartReply = Type.Object({
  pageLoad: Type.Optional(Type.Object({})),
  mboxes: Type.Optional(
    Type.Array(
      Type.Object({
        index: Type.Optional(Type.Integer()),
        name: Type.String(),
        options: Type.Array(Type.Unknown(), { maxItems: 0 }),
      }),
    ),
  ),
  views: Type.Optional(Type.Array(Type.Unknown(), { maxItems: 0 })),
})

/** The reply to a visit. */
export const VisitReply = named(
  'VisitReply',
  Type.Object({
    status: Type.Literal(200),
    requestId: Type.String(),
    client: Type.String(),
    id: Type.Object({
      tntId: Type.String({ description: 'The tntId that the visitor has from now on.' }),
      thirdPartyId: Type.Optional(Type.String()),
      marketingCloudVisitorId: Type.Optional(Type.String()),
    }),
    edgeHost: Type.Optional(Type.String()),
    execute: Type.Optional(PartReply),
    prefetch: Type.Optional(PartReply),
    notifications: Type.Optional(Type.Array(Type.Object({ id: Type.String() }))),
  }),
)

/** What a visit is answered with besides the parts of its request. */
export interface DeliveryFacts {
  readonly requestId: string
  readonly client: string
  readonly tntId: string
  /** Empty for none. */
  readonly edgeHost: string
}

/** Writes the reply to a visit: its ids, and for each part an answer without offers. */
export function writeDelivery(request: DeliveryRequest, facts: DeliveryFacts): string {
  const { thirdPartyId, marketingCloudVisitorId } = request.id ?? {}
  return JSON.stringify({
    status: 200,
    requestId: facts.requestId,
    client: facts.client,
    id: {
      tntId: facts.tntId,
      thirdPartyId: present(thirdPartyId),
      marketingCloudVisitorId: present(marketingCloudVisitorId),
    },
    edgeHost: present(facts.edgeHost),
    execute: request.execute && answerPart(request.execute),
    prefetch: request.prefetch && answerPart(request.prefetch),
    notifications: request.notifications?.map(({ id }) => ({ id })),
  })
}

/** No offers are decided: SDKs fall back to default content, and iterate `options`. */
function answerPart({ pageLoad, mboxes, views }: DeliveryPart) {
  return {
    pageLoad: pageLoad && {},
    mboxes: mboxes?.map(({ index, name }) => ({ index, name, options: [] })),
    views: views && [],
  }
}

function present(text: string | undefined): string | undefined {
  return text?.trim() === '' ? undefined : text
}
