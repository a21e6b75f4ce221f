/**
 * Every code that a caller can meet, with what it means. Codes are permanent; their HTTP statuses
 * stand in `http/errors.ts`, the reference in docs/ is made from both.
 */
export const errorCodes = {
  client_unknown: 'No client has this code, host name or IMS organization id.',
  route_unknown: 'There is nothing at this address.',
  method_not_allowed: 'The address exists, but not with this method; the Allow header lists those that do.',
  url_malformed: 'The address holds a malformed escape or bytes that are not UTF-8.',
  body_too_large: 'The request is larger than this endpoint takes.',
  body_too_slow: 'The body stopped arriving, or arrived too slowly.',
  body_malformed: 'The body cannot be read as what its headers say it is.',
  parameter_invalid: 'A parameter or member is missing, malformed or out of its limits.',
  id_missing: 'The request names no visitor.',
  id_invalid: 'An id of a visitor is too long or holds characters that it must not.',
  attribute_name_invalid: 'An attribute name is empty, too long, reserved, or holds control characters.',
  profile_too_large: 'The update would make the profile larger than 64 KiB; nothing of it was written.',
  profile_not_found: 'No live profile has this id.',
  batch_invalid: 'The upload is no batch; nothing of it was stored.',
  batch_too_large: 'The upload has too many bytes; nothing of it was stored.',
  batch_rows_too_many: 'The upload has too many rows; nothing of it was stored.',
  batch_not_found: 'The client has no batch with this id, or has it no longer.',
  store_unavailable: 'The store cannot be reached for the moment; nothing was written.',
  server_stopping: 'The server is stopping and takes no further requests; nothing was written.',
} as const

export type ErrorCode = keyof typeof errorCodes

/** A request that is refused for a reason that the caller must learn; anything else thrown is a bug. */
export class Refusal extends Error {
  readonly code: ErrorCode
  /** For the log; of it only a number named `line` is sent. */
  readonly detail: Readonly<Record<string, unknown>>

  /** @param message for the caller: what was wrong, where, and what to do */
  constructor(code: ErrorCode, message: string, detail: Readonly<Record<string, unknown>> = {}) {
    super(message)
    this.name = 'Refusal'
    this.code = code
    this.detail = detail
  }
}

/** Tells whether an error of the system has this code, such as `ENOENT`. */
export function hasCode(error: unknown, code: string): boolean {
  return error instanceof Error && 'code' in error && error.code === code
}
