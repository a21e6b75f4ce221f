import type { FastifyRequest } from 'fastify'
import type { Clock } from '../../lib/clock.ts'
import { Refusal, type ErrorCode } from '../../lib/errors.ts'
import { contentTypes } from '../../wire/m2-response.ts'

/** The media type of the Admin API, version 1. @source target-profile-service.md §7.1 */
export const adminType = 'application/vnd.adobe.target.v1+json'

const vendorType = /^application\/vnd\.adobe\.target\.v(\d+)\+json$/
const wildcards = new Set(['*/*', 'application/*'])

/**
 * Refuses another version than 1: with a body its `Content-Type` chooses the version, without one
 * `Accept` does. Absent means version 1.
 *
 * @throws Refusal `media_type_unsupported`
 */
export function requireVersion(headers: FastifyRequest['headers'], hasBody: boolean): void {
  const asked = hasBody ? headers['content-type'] : headers.accept
  const types = typesOf(asked)
  if (types.length === 0 || types.some(isSupported)) return
  // Who asks for pages or anything else is answered in what there is, as far as a version was not named.
  if (!hasBody && !types.some((type) => vendorType.test(type))) return
  throw new Refusal(
    'media_type_unsupported',
    `${hasBody ? 'Content-Type' : 'Accept'} asks for ${types.join(', ').slice(0, 100)}; use ${adminType} ` +
      'or application/json.',
  )
}

/** The type that a reply is sent as: Adobe's own, unless the caller asks for plain JSON. */
export function adminMediaType({ headers }: FastifyRequest): string {
  const types = typesOf(headers.accept)
  const isPlain = types.includes('application/json') && !types.some((type) => vendorType.test(type))
  return isPlain ? contentTypes.json : `${adminType};charset=UTF-8`
}

interface AdminError {
  readonly status: number
  readonly message: string
  readonly code?: ErrorCode | undefined
  readonly requestId: string
  readonly clock: Clock
}

/** Writes an error as Adobe's `ErrorResponse`. @source target-profile-service.md §7.2 */
export function writeAdminError({ status, message, code, requestId, clock }: AdminError): string {
  return JSON.stringify({
    httpStatus: status,
    requestId,
    requestTime: new Date(clock.nowMs()).toISOString(),
    errors: [{ errorCode: errorCodeOf(code), message, meta: {} }],
  })
}

/** The one code that Adobe publishes is Adobe's; the others are ours. */
function errorCodeOf(code: ErrorCode | undefined): string {
  if (code === 'media_type_unsupported') return 'Unsupported.Feature'
  return code ?? 'internal_error'
}

function typesOf(header: string | undefined): string[] {
  return (header ?? '')
    .split(',')
    .map((part) => (part.split(';')[0] ?? '').trim().toLowerCase())
    .filter((type) => type !== '')
}

function isSupported(type: string): boolean {
  return vendorType.exec(type)?.[1] === '1' || type === 'application/json' || wildcards.has(type)
}
