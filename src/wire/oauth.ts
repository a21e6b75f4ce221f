import { Type } from '@sinclair/typebox'
import type { ErrorCode } from '../lib/errors.ts'
import { named } from './named.ts'

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

/** What the token endpoint takes, as a form, as JSON or in the query. @source RFC 6749 §4.4.2 */
export const AccessTokenOrder = Type.Object({
  grant_type: Type.Literal('client_credentials'),
  client_id: Type.Optional(Type.String({ description: 'Of an API credential; or as HTTP Basic.' })),
  client_secret: Type.Optional(Type.String({ description: 'Its secret; or as HTTP Basic.' })),
  scope: Type.Optional(
    Type.String({ description: 'Not looked at: a credential has the rights of its role.' }),
  ),
})

export const AccessToken = named(
  'AccessToken',
  Type.Object({
    access_token: Type.String(),
    token_type: Type.Literal('bearer'),
    expires_in: Type.Integer({ minimum: 1, description: 'Seconds.' }),
  }),
)

/** @source RFC 6749 §5.2 */
export const OauthError = named(
  'OauthError',
  Type.Object({ error: Type.String(), error_description: Type.String() }),
)
