import type { Session } from './session.ts'
import type { CallOptions } from './time.ts'
import type { NewToken, TokenDetails, TokenScope } from './wire.ts'

export interface TokenOptions extends CallOptions {
  /** `profile_api` unless given. */
  readonly scope?: TokenScope
}

export interface GenerateOptions extends TokenOptions {
  /** Life of the new token; 90 days unless given, 6 hours for `debug_tools`. */
  readonly expiresInSeconds?: number
  /** How long the one before goes on; it ends at once unless given. */
  readonly overlapSeconds?: number
}

export interface RevokeOptions extends TokenOptions {
  /** Ends only the replaced ones that go on. */
  readonly overlappingOnly?: boolean
}

const path = '/authentication/token'

/** The profile authentication token, by the Admin API. */
export class Tokens {
  readonly #session: Session

  constructor(session: Session) {
    this.#session = session
  }

  /** Reads the current token. @throws ServiceError `token_not_found` */
  get({ scope = 'profile_api', ...options }: TokenOptions = {}): Promise<TokenDetails> {
    const query = { authorizationScope: scope, details: true }
    return this.#session.admin({ method: 'GET', path, query }, options)
  }

  /** Generates a token; the current one ends, at once or after an overlap. */
  generate(options: GenerateOptions = {}): Promise<NewToken> {
    const { scope = 'profile_api', expiresInSeconds, overlapSeconds, ...rest } = options
    const query = { authorizationScope: scope }
    const json = { expiresIn: expiresInSeconds, overlap: overlapSeconds }
    return this.#session.admin({ method: 'POST', path, query, json }, rest)
  }

  /** Revokes every token of a scope, or only those that were replaced. */
  revoke(options: RevokeOptions = {}): Promise<void> {
    const { scope = 'profile_api', overlappingOnly, ...rest } = options
    const query = { authorizationScope: scope, overlapping: overlappingOnly }
    return this.#session.admin({ method: 'DELETE', path, query }, rest)
  }
}
