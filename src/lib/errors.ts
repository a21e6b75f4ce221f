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
  token_invalid: 'The call has no profile authentication token that works for this client.',
  token_scope_insufficient: 'The token is of another scope than this call needs.',
  access_token_invalid: 'The call to the Admin API has no access token that works.',
  api_key_invalid: 'X-Api-Key is missing, or is not the client id that the access token was given to.',
  action_not_allowed: 'The caller holds no role on this client that may do this.',
  grant_refused: 'The caller may not give or take this role.',
  media_type_unsupported: 'The Admin API has no such version or media type.',
  calls_too_many: 'More calls came in a minute than are allowed; wait as long as Retry-After says.',
  token_not_found: 'The client has no token of this scope.',
  tokens_too_many: 'Too many replaced tokens go on at the same time.',
  credential_invalid: 'The client id is unknown, or its secret is another.',
  credential_not_found: 'There is no API credential with this client id.',
  grant_type_unsupported: 'Access tokens are given for client credentials only.',
  client_exists: 'The code of a new client is taken.',
  client_in_use: 'The client cannot be deleted for now, or at all.',
  ims_org_taken: 'The IMS organization id belongs to another client.',
  workspace_unknown: 'The client has no workspace with this id.',
  workspace_exists: 'The name of a new workspace is taken.',
  user_exists: 'The person has memberships of this client already.',
  user_not_found: 'The caller administers no such person on this client.',
  last_system_admin: 'Without this person nobody would be a system admin.',
  session_required: 'The call needs somebody who is signed in; the session is missing or has ended.',
  sign_in_failed: 'The e-mail address is unknown, has no password, or its password is another.',
  sign_in_delayed: 'Too many attempts to sign in have failed; wait as long as Retry-After says.',
  sign_in_busy: 'Too many passwords are being checked at this moment.',
  cross_site_refused: 'A page of another site, or something that hides where it comes from, sent the call.',
  password_wrong: 'The current password is another.',
  password_refused: 'The new password is too short, too long, or easy to guess.',
  invitation_not_found: 'The link of an invitation has been used, has expired or was replaced.',
  revision_not_found: 'The audit log has no such entry.',
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

/** Why a database did what it did, in its own words, where a refusal tells the log. */
export function reasonIn({ detail }: Refusal): string | undefined {
  const { reason } = detail
  return typeof reason === 'string' ? reason : undefined
}

/** Tells whether an error of the system has this code, such as `ENOENT`. */
export function hasCode(error: unknown, code: string): boolean {
  return error instanceof Error && 'code' in error && error.code === code
}
