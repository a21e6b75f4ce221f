import {
  allowInsecureRequests,
  AuthorizationResponseError,
  authorizationCodeGrant,
  buildAuthorizationUrl,
  calculatePKCECodeChallenge,
  ClientError,
  ClientSecretBasic,
  ClientSecretPost,
  discovery,
  fetchUserInfo,
  None,
  randomNonce,
  randomPKCECodeVerifier,
  randomState,
  ResponseBodyError,
  WWWAuthenticateChallengeError,
  type ClientAuth,
  type Configuration,
} from 'openid-client'
import { defaultWorkspace } from '../../model/permission.ts'
import type { ControlContext } from '../context.ts'
import { readPerson, type Whereabouts } from './own-account.ts'
import { newGeneration, userId, type User } from './people.ts'
import { changeRecord } from './users.ts'

/** What the settings say of the one provider. */
export interface SsoSettings {
  readonly issuer: string
  readonly clientId: string
  readonly clientSecret: string | undefined
  /** What the button calls it. */
  readonly name: string
  /** Whether people whom nobody has added become observers of the default client. */
  readonly creates: boolean
}

/** Why somebody comes back without being signed in; the console has words for each. */
export type SsoProblem =
  'sso_unavailable' | 'sso_refused' | 'sso_invalid' | 'sso_email_unverified' | 'sso_unknown_person'

export class SsoFailed extends Error {
  readonly problem: SsoProblem

  constructor(problem: SsoProblem, message: string, cause?: unknown) {
    super(message, { cause })
    this.name = 'SsoFailed'
    this.problem = problem
  }
}

/** What the browser keeps, sealed, while its person is with the provider. */
interface Journey {
  readonly state: string
  readonly nonce: string
  readonly verifier: string
  readonly redirectUri: string
  readonly returnTo: string
  readonly endsAtMs: number
}

/** How long somebody may be with the provider, ms. */
export const journeyMs = 600_000

/** Limit of each call to the provider, seconds. */
const timeoutSeconds = 5

const sealedFor = 'single sign-on'

/** E-mail addresses as the Admin API takes them. */
const emailPattern = /^[^\s@\p{Cc}]+@[^\s@\p{Cc}]+$/u
const emailCharsMax = 254
const nameCharsMax = 250

/**
 * OpenID Connect: code flow with PKCE, state and nonce.
 *
 * The provider is asked when the first person comes, so that the server starts while it is away.
 */
export class SingleSignOn {
  readonly settings: SsoSettings
  readonly #context: ControlContext
  #discovered: Promise<Configuration> | undefined

  constructor(context: ControlContext, settings: SsoSettings) {
    this.#context = context
    this.settings = settings
  }

  /**
   * Begins a journey to the provider.
   *
   * @param redirectUri where the provider sends the person back to
   * @param returnTo    a path of this origin, checked by the caller
   * @returns           where to send the browser, and what it is to keep
   * @throws            SsoFailed
   */
  async begin(redirectUri: string, returnTo: string): Promise<{ url: URL; kept: string }> {
    const configuration = await this.#configuration()
    const { clock, secretKey } = this.#context
    const journey: Journey = {
      state: randomState(),
      nonce: randomNonce(),
      verifier: randomPKCECodeVerifier(),
      redirectUri,
      returnTo,
      endsAtMs: clock.nowMs() + journeyMs,
    }
    const url = buildAuthorizationUrl(configuration, {
      redirect_uri: redirectUri,
      scope: 'openid email profile',
      code_challenge: await calculatePKCECodeChallenge(journey.verifier),
      code_challenge_method: 'S256',
      state: journey.state,
      nonce: journey.nonce,
    })
    return { url, kept: secretKey.seal(JSON.stringify(journey), sealedFor) }
  }

  /**
   * Ends a journey: finds the person whom the provider names by a verified e-mail address.
   *
   * @param query what the provider sent the browser back with
   * @param kept  what the browser kept; it is good for one journey
   * @throws      SsoFailed
   */
  async finish(
    { query, kept }: { query: string; kept: string },
    whereabouts: Whereabouts,
  ): Promise<{ user: User; returnTo: string }> {
    const journey = this.#open(kept)
    const configuration = await this.#configuration()
    const claims = await claimsOf(configuration, journey, query)
    if (!(await this.#context.sessions.takeReturn(journey.state))) {
      throw new SsoFailed('sso_invalid', 'the journey has ended before')
    }
    return { user: await this.#admit(claims, whereabouts), returnTo: journey.returnTo }
  }

  #open(kept: string): Journey {
    const text = this.#context.secretKey.open(kept, sealedFor)
    // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- sealed by us, so that `begin` wrote it
    const journey = text === undefined ? undefined : (JSON.parse(text) as Journey)
    if (journey && this.#context.clock.nowMs() < journey.endsAtMs) return journey
    throw new SsoFailed('sso_invalid', 'the browser brings no journey that is under way')
  }

  /** One that failed is made again for the next who comes. */
  async #configuration(): Promise<Configuration> {
    const { issuer, clientId, clientSecret } = this.settings
    const insecure = issuer.startsWith('http:') ? { execute: [allowInsecureRequests] } : {}
    const discovered = (this.#discovered ??= discovery(
      new URL(issuer),
      clientId,
      undefined,
      clientSecret === undefined ? None() : secretAuth(clientSecret),
      { timeout: timeoutSeconds, ...insecure },
    ))
    try {
      return await discovered
    } catch (error) {
      if (this.#discovered === discovered) this.#discovered = undefined
      throw new SsoFailed('sso_unavailable', 'the provider cannot be asked what it offers', error)
    }
  }

  async #admit(claims: Claims, whereabouts: Whereabouts): Promise<User> {
    const { email, email_verified: isVerified } = claims
    if (typeof email !== 'string' || !emailPattern.test(email) || email.length > emailCharsMax) {
      throw new SsoFailed('sso_email_unverified', 'the provider names no e-mail address')
    }
    // Some providers write it as a text.
    if (isVerified !== true && isVerified !== 'true') {
      throw new SsoFailed('sso_email_unverified', 'the provider has not verified the e-mail address')
    }
    const known = await readPerson(this.#context, email)
    if (known) return known
    if (!this.settings.creates) throw new SsoFailed('sso_unknown_person', 'nobody has added this person')
    return this.#create({ email, name: nameOf(claims) }, whereabouts)
  }

  async #create({ email, name }: { email: string; name: string }, whereabouts: Whereabouts): Promise<User> {
    const { address, userAgent, defaultClient } = whereabouts
    const client = await this.#context.clients.get(defaultClient)
    if (!client) throw new SsoFailed('sso_unknown_person', 'there is no default client to observe')
    const user: User = {
      email,
      name,
      locale: '',
      memberships: [{ client: client.code, workspace: defaultWorkspace, role: 'observer' }],
      generation: newGeneration(),
      createdAtMs: this.#context.clock.nowMs(),
    }
    const order = {
      client,
      actor: { id: userId(email), name, address, userAgent },
      principal: { kind: 'user', id: email, name, memberships: user.memberships },
    } as const
    const what = { email, operation: 'create', note: { signIn: 'single sign-on' } } as const
    return changeRecord(this.#context, order, what, (known) => known ?? user)
  }
}

/** What the provider tells of a person; anything may stand in it. */
type Claims = Readonly<Record<string, unknown>>

async function claimsOf(configuration: Configuration, journey: Journey, query: string): Promise<Claims> {
  const current = new URL(`${journey.redirectUri}${query === '' ? '' : `?${query}`}`)
  try {
    const tokens = await authorizationCodeGrant(configuration, current, {
      pkceCodeVerifier: journey.verifier,
      expectedState: journey.state,
      expectedNonce: journey.nonce,
      idTokenExpected: true,
    })
    const claims = tokens.claims()
    if (claims === undefined || claims['email'] !== undefined) return claims ?? {}
    // Many providers put it nowhere else.
    return await fetchUserInfo(configuration, tokens.access_token, claims.sub)
  } catch (error) {
    if (isOwnRefusal(error)) {
      throw new SsoFailed('sso_unavailable', 'the provider does not take the client id and secret', error)
    }
    throw new SsoFailed(problemOf(error), 'the provider did not confirm who came back', error)
  }
}

/** Whether it is this server that the provider refuses. @source RFC 6749 §5.2 */
function isOwnRefusal(error: unknown): boolean {
  if (error instanceof WWWAuthenticateChallengeError) return true
  return error instanceof ResponseBodyError && /^(invalid|unauthorized)_client$/.test(error.error)
}

function problemOf(error: unknown): SsoProblem {
  if (error instanceof AuthorizationResponseError) return 'sso_refused'
  if (error instanceof ResponseBodyError) return error.status >= 500 ? 'sso_unavailable' : 'sso_invalid'
  const isUnanswered = error instanceof ClientError && error.code === 'OAUTH_TIMEOUT'
  return isUnanswered || isFetchFailure(error) ? 'sso_unavailable' : 'sso_invalid'
}

/** What Node's fetch throws when there is no answer. */
function isFetchFailure(error: unknown): boolean {
  return error instanceof TypeError && error.message === 'fetch failed'
}

/** The secret as HTTP Basic, which is the standard's default, unless the provider does not list it. */
function secretAuth(clientSecret: string): ClientAuth {
  const basic = ClientSecretBasic(clientSecret)
  const post = ClientSecretPost(clientSecret)
  return (server, client, body, headers) => {
    const { token_endpoint_auth_methods_supported: methods = ['client_secret_basic'] } = server
    const auth = methods.includes('client_secret_basic') ? basic : post
    auth(server, client, body, headers)
  }
}

/** A name that can stand in a line; the first part of the address where there is none. */
function nameOf({ name, email }: Claims): string {
  const text = typeof name === 'string' ? name.replaceAll(/[\p{Cc}\p{Cs}]/gu, ' ').trim() : ''
  return (text === '' ? (String(email).split('@')[0] ?? '') : text).slice(0, nameCharsMax)
}
