import { NotReachable, readServiceError, ServiceError } from './errors.ts'
import { Deadline, sleep, type CallOptions } from './time.ts'

/** Times that a call is tried at the most. */
const triesMax = 3

/** Wait before a second try where the service names none, milliseconds; doubled before the third. */
const firstWaitMs = 200

/** Limit of a call where neither it nor the client names one. */
export const timeoutMsDefault = 30_000

export type Method = 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE'

/** What is sent as a body. A stream can be sent once: calls with one are never tried again. */
export type Body = string | Uint8Array<ArrayBuffer> | Blob | ReadableStream<Uint8Array>

/** One call, as the groups of methods describe it. */
export interface Call {
  readonly method: Method
  /** Behind the address of the service, with its query. */
  readonly path: string
  readonly headers?: Readonly<Record<string, string>>
  readonly body?: Body
  /** Whether it may be sent again when it is not known what became of it. Absent: of GET only. */
  readonly isRepeatable?: boolean
}

export interface TransportOptions {
  readonly url: string
  readonly fetch?: typeof globalThis.fetch | undefined
  readonly timeoutMs?: number | undefined
}

/** Sends calls: time limit, signal, and tries again where those can do no harm. */
export class Transport {
  readonly #origin: string
  readonly #fetch: typeof globalThis.fetch
  readonly #timeoutMs: number

  /** @throws TypeError for what is no http or https address */
  constructor({ url, fetch = globalThis.fetch, timeoutMs = timeoutMsDefault }: TransportOptions) {
    const { protocol, origin, pathname } = new URL(url)
    if (!/^https?:$/.test(protocol)) throw new TypeError(`The url must be http or https, not ${protocol}`)
    this.#origin = origin + pathname.replace(/\/+$/, '')
    // Browsers refuse a fetch that is called as a method of something else.
    this.#fetch = (input, init) => fetch(input, init)
    this.#timeoutMs = timeoutMs
  }

  /** The time limit of a call that has these options. */
  deadline({ signal, timeoutMs = this.#timeoutMs }: CallOptions): Deadline {
    return new Deadline(timeoutMs, signal)
  }

  /**
   * Sends a call, and again where it was refused for the moment only (503 with Retry-After), or where
   * the network failed and the call is repeatable.
   *
   * @returns a reply of the 2xx, its body unread
   * @throws  ServiceError, NotReachable, or the reason of the caller's signal
   */
  async send(call: Call, deadline: Deadline): Promise<Response> {
    for (let tries = 1; ; tries++) {
      try {
        return await this.#sendOnce(call, deadline)
      } catch (error) {
        const waitMs = tries < triesMax ? waitMsOf(error, call, tries) : undefined
        if (waitMs === undefined || waitMs >= deadline.leftMs) throw error
        await this.guard(call, deadline, () => sleep(waitMs, deadline.signal))
      }
    }
  }

  /** Gives work its time limit. */
  async within<Result>(options: CallOptions, work: (deadline: Deadline) => Promise<Result>): Promise<Result> {
    const deadline = this.deadline(options)
    try {
      return await work(deadline)
    } finally {
      deadline.release()
    }
  }

  /** Sends a call and reads its reply as JSON; one without a body is undefined. */
  async json<Reply>(call: Call, deadline: Deadline): Promise<Reply> {
    return (await this.exchange<Reply>(call, deadline)).reply
  }

  /** The same with the reply's headers. */
  async exchange<Reply>(call: Call, deadline: Deadline): Promise<{ reply: Reply; headers: Headers }> {
    const response = await this.send(call, deadline)
    const text = await this.guard(call, deadline, () => response.text())
    const reply = text === '' ? undefined : await this.guard(call, deadline, async () => JSON.parse(text))
    return { reply, headers: response.headers }
  }

  /** Runs a step of a call; what fails in it is told as the call's failure. */
  async guard<Result>(call: Call, deadline: Deadline, step: () => Promise<Result>): Promise<Result> {
    try {
      return await step()
    } catch (error) {
      throw this.failureOf(call, deadline, error)
    }
  }

  /** What a failure of the network means: the caller's own end of the call, or that there is no answer. */
  failureOf({ method, path }: Call, deadline: Deadline, error: unknown): unknown {
    if (error instanceof ServiceError || error instanceof NotReachable) return error
    if (deadline.signal.aborted && !deadline.hasPassed) return deadline.signal.reason
    const place = `${method} ${this.#origin}${path.split('?')[0]}`
    const why = deadline.hasPassed ? 'no answer within the time limit' : messageOf(error)
    return new NotReachable(`${place}: ${why}`, error)
  }

  async #sendOnce(call: Call, deadline: Deadline): Promise<Response> {
    const { method, path, body } = call
    // Made outside of the guard: a header that cannot be sent is a fault of the caller.
    const headers = new Headers(call.headers)
    const init: RequestInit & { duplex?: 'half' } = {
      method,
      headers,
      signal: deadline.signal,
      // A redirect would turn an upload into a GET.
      redirect: 'error',
      ...(body !== undefined && { body }),
      ...(body instanceof ReadableStream && { duplex: 'half' as const }),
    }
    return this.guard(call, deadline, async () => {
      const response = await this.#fetch(this.#origin + path, init)
      if (!response.ok) throw await readServiceError(response)
      return response
    })
  }
}

/** How long to wait before the call is tried again; `undefined` when it must not be. */
function waitMsOf(error: unknown, call: Call, tries: number): number | undefined {
  if (call.body instanceof ReadableStream) return undefined
  const ownWaitMs = firstWaitMs * 2 ** (tries - 1)
  if (error instanceof ServiceError) {
    const { status, retryAfterSeconds } = error
    // With this the service says that nothing was written.
    if (status !== 503 || retryAfterSeconds === undefined) return undefined
    return Math.max(retryAfterSeconds * 1000, ownWaitMs)
  }
  const { isRepeatable = call.method === 'GET' } = call
  return error instanceof NotReachable && isRepeatable ? ownWaitMs : undefined
}

/** Node's fetch hides what happened in the cause. */
function messageOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error)
  return error.cause === undefined ? error.message : `${error.message} (${messageOf(error.cause)})`
}
