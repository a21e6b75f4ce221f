import { Type } from '@sinclair/typebox'
import { DeliveryRequest, VisitReply } from '../../wire/delivery.ts'
import { AccessToken, AccessTokenOrder } from '../../wire/oauth.ts'
import { json } from './contents.ts'
import type { RouteDescription } from './description.ts'

const visitQuery = Type.Object({
  client: Type.Optional(
    Type.String({ description: 'Code of a client. Without it the host name, then imsOrgId decides.' }),
  ),
  imsOrgId: Type.Optional(Type.String({ description: 'IMS organization of a client.' })),
  sessionId: Type.String({
    description: '1 to 128 printable characters other than space, ?, {, } and /.',
    examples: ['7b1f…'],
  }),
})

const exampleVisit = {
  id: { thirdPartyId: '1042' },
  context: { channel: 'web' },
  execute: { pageLoad: { profileParameters: { plan: 'gold' } } },
}

/** `POST /rest/v1/delivery` */
export const visitDescription: RouteDescription = {
  id: 'recordVisit',
  chapter: 'Visits',
  summary: 'Record a visit: create or find the profile, link its ids, set its attributes.',
  details:
    'No offers are decided: parts are answered without, so that SDKs show default content. Pages of the ' +
    "client's `allowedOrigins` may read the reply.",
  token: 'none',
  query: visitQuery,
  body: {
    isRequired: true,
    contents: {
      'application/json': { schema: DeliveryRequest, examples: [exampleVisit] },
      'text/plain': { schema: Type.String({ description: 'The same JSON, without a preflight.' }) },
    },
  },
  replies: { 200: { description: 'Recorded.', contents: json(VisitReply) } },
  refusals: [
    'client_unknown',
    'parameter_invalid',
    'id_invalid',
    'attribute_name_invalid',
    'profile_too_large',
    'body_too_large',
    'store_unavailable',
    'server_stopping',
  ],
}

/** `OPTIONS /rest/v1/delivery` */
export const preflightDescription: RouteDescription = {
  id: 'askBeforeVisit',
  chapter: 'Visits',
  summary: 'What browsers ask before they send a visit from another origin.',
  token: 'none',
  query: Type.Partial(visitQuery),
  replies: { 204: { description: 'The headers say whether it may be sent.' } },
  refusals: ['client_unknown', 'store_unavailable', 'server_stopping'],
}

const exampleOrder = {
  grant_type: 'client_credentials',
  client_id: 'crd_example',
  client_secret: 'the secret that was shown once',
}

/** `POST /ims/token/v3` */
export const accessTokenDescription: RouteDescription = {
  id: 'issueAccessToken',
  chapter: 'Access tokens',
  summary: 'Get an access token for an API credential.',
  details: 'OAuth client credentials: as form, JSON, or in the query; id and secret also as HTTP Basic.',
  token: 'none',
  body: {
    isRequired: false,
    contents: {
      'application/x-www-form-urlencoded': { schema: AccessTokenOrder, examples: [exampleOrder] },
      'application/json': { schema: AccessTokenOrder, examples: [exampleOrder] },
    },
  },
  replies: { 200: { description: 'The access token.', contents: json(AccessToken) } },
  refusals: [
    'parameter_invalid',
    'grant_type_unsupported',
    'credential_invalid',
    'body_too_large',
    'store_unavailable',
    'server_stopping',
  ],
}

const operation = { chapter: 'Operation', token: 'none', refusals: ['server_stopping'] } as const

function health(status: string) {
  return json(Type.Object({ status: Type.Literal(status) }), { status })
}

/** `GET /livez` */
export const livenessDescription: RouteDescription = {
  ...operation,
  id: 'getLiveness',
  summary: 'Whether the process lives, also while it stops.',
  replies: { 200: { description: 'It does.', contents: health('ok') } },
  refusals: [],
}

/** `GET /readyz` */
export const readinessDescription: RouteDescription = {
  ...operation,
  id: 'getReadiness',
  summary: 'Whether calls can be answered: the store answers, and the server does not stop.',
  replies: { 200: { description: 'They can.', contents: health('ready') } },
  refusals: ['store_unavailable', 'server_stopping'],
}

/** `GET /metrics` */
export const metricsDescription: RouteDescription = {
  ...operation,
  id: 'getMetrics',
  summary: "All figures of this server, in Prometheus's text format.",
  replies: { 200: { description: 'The figures.', contents: { 'text/plain': { schema: Type.String() } } } },
}

/** `GET /openapi.json` */
export const documentDescription: RouteDescription = {
  ...operation,
  id: 'getOpenapi',
  summary: 'This description, for programs.',
  replies: {
    200: { description: 'An OpenAPI document.', contents: json(Type.Object({ openapi: Type.String() })) },
  },
}

/** `GET /docs` */
export const pageDescription: RouteDescription = {
  ...operation,
  id: 'getReference',
  summary: 'This description, for people.',
  replies: { 200: { description: 'A page.', contents: { 'text/html': { schema: Type.String() } } } },
}
