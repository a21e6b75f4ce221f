import { jwtVerify, SignJWT, errors } from 'jose'
import type { ControlContext } from '../context.ts'
import { findCredential, principalOf, requireSecret } from './credentials.ts'
import type { Principal } from '../../model/permission.ts'

/** Life of an access token, seconds. @source decisions.md §7 */
export const accessTokenSeconds = 86_400

const algorithm = 'HS256'
const audience = 'silhouette-admin-api'

/**
 * Gives an API credential an access token for the Admin API.
 *
 * It is signed, not stored: every node knows it, and it ends with its time or with its credential.
 *
 * @throws Refusal `credential_invalid`
 */
export async function issueAccessToken(
  context: ControlContext,
  { clientId, clientSecret }: { clientId: string; clientSecret: string },
): Promise<string> {
  const { generation } = await requireSecret(context, clientId, clientSecret)
  const nowSeconds = Math.floor(context.clock.nowMs() / 1000)
  return new SignJWT({ generation })
    .setProtectedHeader({ alg: algorithm })
    .setSubject(clientId)
    .setAudience(audience)
    .setIssuedAt(nowSeconds)
    .setExpirationTime(nowSeconds + accessTokenSeconds)
    .sign(context.secretKey.signing)
}

/** Finds whose access token this is; `undefined` when it is none, has expired, or its credential is gone. */
export async function readAccessToken(
  context: ControlContext,
  accessToken: string,
): Promise<Principal | undefined> {
  const claims = await verifyClaims(context, accessToken)
  if (claims?.sub === undefined) return undefined
  const credential = await findCredential(context, claims.sub)
  // A credential made again under the same client id is another one.
  if (credential === undefined || credential.generation !== claims['generation']) return undefined
  return principalOf(credential)
}

async function verifyClaims({ clock, secretKey }: ControlContext, accessToken: string) {
  try {
    const currentDate = new Date(clock.nowMs())
    const options = { algorithms: [algorithm], audience, currentDate }
    return (await jwtVerify(accessToken, secretKey.signing, options)).payload
  } catch (error) {
    if (error instanceof errors.JOSEError) return undefined
    throw error
  }
}
