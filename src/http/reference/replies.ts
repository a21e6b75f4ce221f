import { Type, type TSchema } from '@sinclair/typebox'
import { errorCodes, type ErrorCode } from '../../lib/errors.ts'
import { AdminError } from '../../wire/admin-replies.ts'
import { M2Error } from '../../wire/m2-response.ts'
import { OauthError } from '../../wire/oauth.ts'
import { ApiError, RestError } from '../../wire/rest-error.ts'
import { adminType } from '../admin/media-type.ts'
import { statusOf } from '../errors.ts'
import { neighbourhoodOf, type Neighbourhood } from '../neighbourhood.ts'
import { xmlOf } from './contents.ts'
import type { Contents, ReplyDescription, RouteDescription } from './description.ts'

/** Every reply that a route gives, by status: its own, and for each code it may refuse with the error. */
export function repliesOf(url: string, description: RouteDescription): ReadonlyMap<number, ReplyDescription> {
  const replies = new Map<number, ReplyDescription>()
  const refusals = refusalsOf(url, description)
  const ownHeaders = refusals.has('calls_too_many') ? limitHeaders : {}
  for (const [status, reply] of Object.entries(description.replies)) {
    replies.set(Number(status), { ...reply, headers: { ...reply.headers, ...ownHeaders } })
  }
  const contents = errorContents[neighbourhoodOf(url)]
  for (const [status, codes] of byStatus(refusals)) {
    const meanings = codes.map((code) => `\`${code}\`: ${errorCodes[code]}`)
    replies.set(status, { description: meanings.join('\n\n'), headers: headersOf(status, codes), contents })
  }
  replies.set(500, { description: 'A fault of the service; the log has the request id.', contents })
  return new Map([...replies].toSorted(([a], [b]) => a - b))
}

/** Every code that a route refuses with. */
export function refusalsOf(url: string, { token, body, refusals }: RouteDescription): Set<ErrorCode> {
  return new Set([
    ...refusals,
    ...commonRefusals[token],
    ...(body ? (['body_malformed', 'body_too_slow'] as const) : []),
    ...(url.includes(':') ? (['url_malformed'] as const) : []),
  ])
}

const commonRefusals: Readonly<Record<RouteDescription['token'], readonly ErrorCode[]>> = {
  none: [],
  profile: [
    'client_unknown',
    'token_invalid',
    'token_scope_insufficient',
    'store_unavailable',
    'server_stopping',
  ],
  session: ['session_required', 'cross_site_refused', 'store_unavailable', 'server_stopping'],
  access: [
    'access_token_invalid',
    'session_required',
    'cross_site_refused',
    'api_key_invalid',
    'action_not_allowed',
    'client_unknown',
    'media_type_unsupported',
    'parameter_invalid',
    'store_unavailable',
    'server_stopping',
  ],
}

function byStatus(codes: Iterable<ErrorCode>): Map<number, ErrorCode[]> {
  const groups = new Map<number, ErrorCode[]>()
  for (const code of codes) {
    const group = groups.get(statusOf[code]) ?? []
    groups.set(statusOf[code], [...group, code])
  }
  return groups
}

const errorContents: Readonly<Record<Neighbourhood, Contents>> = {
  m2: {
    'text/xml': { schema: xmlOf(Type.Pick(M2Error, ['success', 'message'])) },
    'application/json': { schema: M2Error },
  },
  rest: { 'application/json': { schema: RestError } },
  admin: { [adminType]: { schema: AdminError }, 'application/json': { schema: AdminError } },
  oauth: { 'application/json': { schema: OauthError } },
  api: { 'application/json': { schema: ApiError } },
}

/** Codes whose replies tell how to authenticate. */
const challenging: ReadonlySet<ErrorCode> = new Set([
  'token_invalid',
  'token_scope_insufficient',
  'access_token_invalid',
])

/** @source draft-ietf-httpapi-ratelimit-headers-03 */
const limitHeaders = {
  'RateLimit-Limit': Type.Integer({ description: 'Calls a minute; missing where there is no limit.' }),
  'RateLimit-Remaining': Type.Integer({ minimum: 0, description: 'Calls left of this minute.' }),
  'RateLimit-Reset': Type.Integer({ minimum: 0, description: 'Seconds until all are there again.' }),
}

function headersOf(status: number, codes: readonly ErrorCode[]): Record<string, TSchema> {
  return {
    'Error-Code': Type.String({ description: 'The code.', examples: [codes[0]] }),
    ...((status === 503 || status === 429) && {
      'Retry-After': Type.Integer({
        minimum: 1,
        description: 'Seconds until the call is worth another try.',
      }),
    }),
    ...(codes.includes('calls_too_many') && limitHeaders),
    ...(codes.some((code) => challenging.has(code)) && {
      'WWW-Authenticate': Type.Optional(Type.String({ description: 'What is wrong with the token.' })),
    }),
  }
}
