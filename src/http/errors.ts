import type { FastifyReply, FastifyRequest } from 'fastify'
import { Refusal, type ErrorCode } from '../lib/errors.ts'
import { contentTypes, writeM2Response } from '../wire/m2-response.ts'
import { writeRestError } from '../wire/rest-error.ts'
import { chooseFormat } from './accept.ts'
import { rawPath } from './address.ts'
import { BodyLost } from './bodies.ts'
import type { Services } from './services.ts'
import { isBodyPending, sendThenDrain } from './unread-body.ts'
import { placeOf } from './watch-requests.ts'

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
  store_unavailable: 503,
  server_stopping: 503,
}

/** When a 503 is worth another try, in seconds. Nothing else is to be retried as it stands. */
const retryAfterSeconds = 5

/** What a caller is told of an error. */
interface Answer {
  readonly status: number
  readonly message: string
  readonly code?: ErrorCode
  /** Line of an upload that is at fault. */
  readonly line?: unknown
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
    const refusal = refusalOf(error)
    const answer = refusal ? answerRefusal(services, refusal, request) : answerBug(services, error, request)
    const { type, body } = writeError(request, answer)
    reply.code(answer.status).type(type)
    if (answer.status === 503) reply.header('retry-after', retryAfterSeconds)
    if (isBodyPending(request.raw)) sendThenDrain(reply, body)
    else reply.send(body)
  }
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

function answerRefusal({ log, metrics }: Services, refusal: Refusal, request: FastifyRequest): Answer {
  const { code, message, detail } = refusal
  metrics.countRefusal(code)
  // Callers are told of a refusal; a store that fails is the operator's to know of.
  log[code === 'store_unavailable' ? 'warn' : 'debug'](
    { ...detail, code, ...placeOf(request) },
    'request refused',
  )
  return { status: statusOf[code], message, code, line: detail['line'] }
}

function answerBug({ log }: Services, error: unknown, request: FastifyRequest): Answer {
  log.error({ err: error, ...placeOf(request) }, 'request failed')
  return { status: 500, message: `Internal error; the request id is ${request.id}.` }
}

function writeError(
  request: FastifyRequest,
  { status, message, code, line }: Answer,
): { type: string; body: string } {
  if (!/^\/m2(\/|$)/.test(rawPath(request.url))) {
    return { type: contentTypes.json, body: writeRestError(status, message) }
  }
  const format = chooseFormat(request.headers.accept)
  return {
    type: contentTypes[format],
    body: writeM2Response(format, { success: false, message }, { code, line }),
  }
}
