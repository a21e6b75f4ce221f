import { AccessTokens, type AccessToken, type ApiCredential } from './access-token.ts'
import { ServiceError } from './errors.ts'
import type { CallOptions, Deadline } from './time.ts'
import type { Call, Method, Transport } from './transport.ts'

/** The Admin API's own name of version 1. */
const adminType = 'application/vnd.adobe.target.v1+json'

interface AdminCall {
  readonly method: Method
  /** Behind `/{client}/target`. */
  readonly path: string
  readonly query?: Query
  readonly json?: unknown
}

interface ProfileCall extends Call {
  /** Visits carry no token. */
  readonly isOpen?: boolean
}

/** Parameters of a query; undefined ones are left out. */
export type Query = Readonly<Record<string, string | number | boolean | undefined>>

/** The calls of one client, with its token or its API credential. */
export class Session {
  readonly client: string
  readonly transport: Transport
  readonly #token: string | undefined
  readonly #credential: ApiCredential | undefined
  readonly #accessTokens: AccessTokens | undefined
  /** Whether a browser's cookie tells the Admin API who calls. */
  readonly #byCookie: boolean

  constructor(
    transport: Transport,
    given: {
      client?: string | undefined
      token?: string | undefined
      credential?: ApiCredential | undefined
      auth?: 'session' | undefined
    },
  ) {
    this.transport = transport
    this.client = given.client ?? ''
    this.#byCookie = given.auth === 'session'
    this.#token = given.token
    this.#credential = given.credential
    this.#accessTokens = given.credential && new AccessTokens(transport, given.credential)
  }

  /** Calls the profile API and reads its reply as JSON. */
  async json<Reply>(call: ProfileCall, options: CallOptions): Promise<Reply> {
    return (await this.exchange<Reply>(call, options)).reply
  }

  /** The same with the reply's headers. */
  exchange<Reply>(call: ProfileCall, options: CallOptions): Promise<{ reply: Reply; headers: Headers }> {
    const authorized = this.#withToken(call)
    return this.transport.within(options, (deadline) => this.transport.exchange<Reply>(authorized, deadline))
  }

  /** Calls the profile API; the time limit holds until the stream is read. */
  async stream(call: ProfileCall, options: CallOptions): Promise<ReadableStream<Uint8Array>> {
    const deadline = this.transport.deadline(options)
    try {
      const response = await this.transport.send(this.#withToken(call), deadline)
      return this.#watched(call, deadline, response.body ?? new Blob([]).stream())
    } catch (error) {
      deadline.release()
      throw error
    }
  }

  /** Calls the Admin API; a reply without a body is undefined. */
  admin<Reply>(call: AdminCall, options: CallOptions = {}): Promise<Reply> {
    if (this.#byCookie) {
      return this.transport.within(options, (deadline) => this.#adminOnce<Reply>(call, {}, deadline))
    }
    const accessTokens = this.#requireAccessTokens()
    return this.transport.within(options, async (deadline) => {
      const accessToken = await accessTokens.get(deadline)
      try {
        return await this.#adminOnce<Reply>(call, this.#bearer(accessToken), deadline)
      } catch (error) {
        // The server's key may be another since. What is refused so did nothing.
        if (!(error instanceof ServiceError) || error.code !== 'access_token_invalid') throw error
        await accessTokens.drop(accessToken)
        return this.#adminOnce<Reply>(call, this.#bearer(await accessTokens.get(deadline)), deadline)
      }
    })
  }

  #adminOnce<Reply>(
    { method, path, query, json }: AdminCall,
    caller: Readonly<Record<string, string>>,
    deadline: Deadline,
  ): Promise<Reply> {
    const call: Call = {
      method,
      path: `/${pathPart(this.client)}/target${path}${queryText(query)}`,
      headers: {
        ...caller,
        accept: adminType,
        ...(json !== undefined && { 'content-type': adminType }),
      },
      ...(json !== undefined && { body: JSON.stringify(json) }),
    }
    return this.transport.json<Reply>(call, deadline)
  }

  #bearer({ text }: AccessToken): Readonly<Record<string, string>> {
    return { authorization: `Bearer ${text}`, 'x-api-key': this.#credential?.clientId ?? '' }
  }

  #requireAccessTokens(): AccessTokens {
    if (this.#accessTokens !== undefined) return this.#accessTokens
    throw new TypeError(
      'The Admin API needs an API credential or a session: give the option credential or auth.',
    )
  }

  #withToken({ isOpen = false, ...call }: ProfileCall): Call {
    if (isOpen || this.#token === undefined) return call
    return { ...call, headers: { ...call.headers, authorization: `Bearer ${this.#token}` } }
  }

  /** A reply's body whose failures are told like those of the call. */
  #watched(call: Call, deadline: Deadline, body: ReadableStream<Uint8Array>): ReadableStream<Uint8Array> {
    const reader = body.getReader()
    return new ReadableStream<Uint8Array>({
      pull: async (controller) => {
        try {
          const { done, value } = await reader.read()
          if (!done) return controller.enqueue(value)
          deadline.release()
          controller.close()
        } catch (error) {
          deadline.release()
          controller.error(this.transport.failureOf(call, deadline, error))
        }
      },
      cancel: (reason) => {
        deadline.release()
        return reader.cancel(reason)
      },
    })
  }
}

/**
 * Encodes one part of a path.
 *
 * @throws TypeError for those that an address cannot hold, because they mean another place in it
 */
export function pathPart(text: string): string {
  if (text === '') throw new TypeError('A part of the address is empty; is the option client given?')
  if (!['.', '..'].includes(text)) return encodeURIComponent(text)
  throw new TypeError(`"${text}" cannot stand in an address.`)
}

/** Writes a query with its question mark; nothing when no parameter is given. */
export function queryText(query: Query = {}): string {
  const parameters = new URLSearchParams()
  for (const [name, value] of Object.entries(query)) {
    if (value !== undefined) parameters.append(name, String(value))
  }
  return parameters.toString().replace(/^(?=.)/, '?')
}
