import type { ErrorCode } from '../lib/errors.ts'

/** OAuth's own names of errors. @source RFC 6749 §5.2 */
const oauthErrors: Partial<Record<ErrorCode, string>> = {
  credential_invalid: 'invalid_client',
  grant_type_unsupported: 'unsupported_grant_type',
  store_unavailable: 'temporarily_unavailable',
  server_stopping: 'temporarily_unavailable',
}

/** Writes an error of the token endpoint. */
export function writeOauthError(code: ErrorCode | undefined, message: string): string {
  const error = code === undefined ? 'server_error' : (oauthErrors[code] ?? 'invalid_request')
  return JSON.stringify({ error, error_description: message })
}

/** Writes an access token. @source target-profile-service.md §7.9 */
export function writeAccessToken(accessToken: string, expiresInSeconds: number): string {
  return JSON.stringify({
    access_token: accessToken,
    token_type: 'bearer',
    expires_in: expiresInSeconds,
  })
}
