import type { FastifyReply, FastifyRequest } from 'fastify'
import { Refusal, type ErrorCode } from '../lib/errors.ts'
import { contentTypes, writeM2Response } from '../wire/m2-response.ts'
import { writeOauthError } from '../wire/oauth.ts'
import { writeApiError, writeRestError } from '../wire/rest-error.ts'
import { adminMediaType, writeAdminError } from './admin/media-type.ts'
import { chooseFormat } from './accept.ts'
import { rawPath } from './address.ts'
import { BodyLost } from './bodies.ts'
import { neighbourhoodOf } from './neighbourhood.ts'
import type { Services } from './services.ts'
import { isBodyPending, sendThenDrain } from './unread-body.ts'
import { placeOf, type Place } from './watch-requests.ts'

/** The one place that knows HTTP statuses of refusals; a code without a line does not compile. */
export const statusOf: Readonly<Record<ErrorCode, number>> = {
  client_unknown: 404,
  route_unknown: 404,
  method_not_allowed: 405,
  url_malformed: 400,
  body_too_large: 413,
  body_too_slow: 408,
  body_malformed: 400,
  parameter_invalid: 400,
  id_missing: 400,
  id_invalid: 400,
  attribute_name_invalid: 400,
  profile_too_large: 400,
  profile_not_found: 404,
  batch_invalid: 400,
  batch_too_large: 413,
  batch_rows_too_many: 413,
  batch_not_found: 404,
  token_invalid: 403,
  token_scope_insufficient: 403,
  access_token_invalid: 401,
  api_key_invalid: 403,
  action_not_allowed: 403,
  grant_refused: 403,
  media_type_unsupported: 406,
  calls_too_many: 503,
  token_not_found: 404,
  tokens_too_many: 409,
  credential_invalid: 401,
  credential_not_found: 404,
  grant_type_unsupported: 400,
  client_exists: 409,
  client_in_use: 409,
  ims_org_taken: 409,
  workspace_unknown: 400,
  workspace_exists: 409,
  user_exists: 409,
  user_not_found: 404,
  last_system_admin: 409,
  session_required: 401,
  sign_in_failed: 401,
  sign_in_delayed: 429,
  sign_in_busy: 503,
  cross_site_refused: 403,
  password_wrong: 403,
  password_refused: 400,
  invitation_not_found: 404,
  revision_not_found: 404,
  store_unavailable: 503,
  server_stopping: 503,
}

/** What is worth another try later: all else is not to be retried as it stands. */
const passing: ReadonlySet<number> = new Set([429, 503])

/** When such a one is worth it, in seconds. */
const retryAfterSeconds = 5

/** What a caller is told of an error. */
interface Answer {
  readonly status: number
  readonly message: string
  readonly code?: ErrorCode
  /** Line of an upload that is at fault. */
  readonly line?: unknown
  readonly retryAfterSeconds?: unknown
}

/**
 * Makes the handler that answers everything thrown: a refusal with its status and message in the
 * shape of its neighbourhood, anything else with 500 and a request id that the log has too.
 *
 * When the body has not arrived in full, the connection is closed behind the reply.
 */
export function answerErrors(services: Services) {
  return (error: unknown, request: FastifyRequest, reply: FastifyReply): void => {
    // Nobody is left to be answered.
    if (error instanceof BodyLost) return void reply.hijack()
    const answer = answerOf(services, error, placeOf(request))
    const { type, body } = writeError(services, request, answer)
    reply.code(answer.status).type(type)
    // Only some of the shapes have room for the code.
    if (answer.code !== undefined) reply.header('error-code', answer.code)
    if (passing.has(answer.status)) {
      reply.header('retry-after', answer.retryAfterSeconds ?? retryAfterSeconds)
    }
    if (isBodyPending(request.raw)) sendThenDrain(reply, body)
    else reply.send(body)
  }
}

/** What a caller is told of an error; the log is told too. */
export function answerOf(services: Services, error: unknown, place: Place): Answer {
  const refusal = refusalOf(error)
  return refusal ? answerRefusal(services, refusal, place) : answerBug(services, error, place)
}

function refusalOf(error: unknown): Refusal | undefined {
  if (error instanceof Refusal) return error
  // The router's own error for a path that it cannot decode.
  if (error instanceof Error && 'code' in error && error.code === 'FST_ERR_BAD_URL') {
    return new Refusal(
      'url_malformed',
      'The path holds a malformed escape or invalid UTF-8; percent-encode it as UTF-8.',
    )
  }
  return undefined
}

function answerRefusal({ log, metrics }: Services, refusal: Refusal, place: Place): Answer {
  const { code, message, detail } = refusal
  metrics.countRefusal(code)
  // Callers are told of a refusal; a store that fails is the operator's to know of.
  log[code === 'store_unavailable' ? 'warn' : 'debug']({ ...detail, code, ...place }, 'request refused')
  const { line, retryAfterSeconds: seconds } = detail
  return { status: statusOf[code], message, code, line, retryAfterSeconds: seconds }
}

function answerBug({ log }: Services, error: unknown, place: Place): Answer {
  log.error({ err: error, ...place }, 'request failed')
  return { status: 500, message: `Internal error; the request id is ${place.requestId}.` }
}

/** Writes an error in the shape of its neighbourhood. */
function writeError(
  { context }: Services,
  request: FastifyRequest,
  { status, message, code, line }: Answer,
): { type: string; body: string } {
  const place = neighbourhoodOf(rawPath(request.url))
  if (place === 'oauth') return { type: contentTypes.json, body: writeOauthError(code, message) }
  if (place === 'api') return { type: contentTypes.json, body: writeApiError({ status, code, message }) }
  if (place === 'rest') return { type: contentTypes.json, body: writeRestError(status, message) }
  if (place === 'admin') {
    const error = { status, message, code, requestId: request.id, clock: context.clock }
    return { type: adminMediaType(request), body: writeAdminError(error) }
  }
  const format = chooseFormat(request.headers.accept)
  const body = writeM2Response(format, { success: false, message }, { code, line })
  return { type: contentTypes[format], body }
}
