import { until, type Deadline } from './time.ts'
import type { Call, Transport } from './transport.ts'

/** An API credential of the Admin API. */
export interface ApiCredential {
  readonly clientId: string
  readonly clientSecret: string
}

/** An access token is renewed once so much of its life is left, of what it had. */
const renewalShare = 0.1

const tokenPlace = { method: 'POST', path: '/ims/token/v3' } as const

export interface AccessToken {
  readonly text: string
  /** On the clock of `performance.now()`, which nobody sets. */
  readonly renewAtMs: number
}

/** The access token of one credential: fetched once for all that wait for it, renewed before it ends. */
export class AccessTokens {
  readonly #transport: Transport
  readonly #credential: ApiCredential
  #current: Promise<AccessToken> | undefined

  constructor(transport: Transport, credential: ApiCredential) {
    this.#transport = transport
    this.#credential = credential
  }

  /** The deadline ends the waiting alone: the token belongs to no single call. */
  async get(deadline: Deadline): Promise<AccessToken> {
    const known = this.#current ?? this.#renew()
    const token = await this.#wait(known, deadline)
    if (performance.now() < token.renewAtMs) return token
    return this.#wait(this.#renewed(known), deadline)
  }

  /** Gives up a token that the service did not take. */
  async drop(refused: AccessToken): Promise<void> {
    const known = this.#current
    if ((await known?.catch(() => undefined)) === refused && this.#current === known)
      this.#current = undefined
  }

  #wait(token: Promise<AccessToken>, deadline: Deadline): Promise<AccessToken> {
    return this.#transport.guard(tokenPlace, deadline, () => until(token, deadline.signal))
  }

  /** One call renews; those that found the same old token share what it gets. */
  #renewed(old: Promise<AccessToken>): Promise<AccessToken> {
    return this.#current === old || this.#current === undefined ? this.#renew() : this.#current
  }

  #renew(): Promise<AccessToken> {
    const fetched = this.#fetch()
    this.#current = fetched
    // A failure is told to those who wait for it, and not kept.
    fetched.catch(() => {
      if (this.#current === fetched) this.#current = undefined
    })
    return fetched
  }

  async #fetch(): Promise<AccessToken> {
    const { clientId, clientSecret } = this.#credential
    const form = { grant_type: 'client_credentials', client_id: clientId, client_secret: clientSecret }
    const call: Call = {
      ...tokenPlace,
      headers: { 'content-type': 'application/x-www-form-urlencoded' },
      body: new URLSearchParams({ ...form, scope: 'openid' }).toString(),
      isRepeatable: true,
    }
    const askedAtMs = performance.now()
    const reply = await this.#transport.within({}, (deadline) =>
      this.#transport.json<{ access_token: string; expires_in: number }>(call, deadline),
    )
    const lifeMs = reply.expires_in * 1000 * (1 - renewalShare)
    return { text: reply.access_token, renewAtMs: askedAtMs + lifeMs }
  }
}
