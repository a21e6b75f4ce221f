import type { FastifyReply, FastifyRequest } from 'fastify'
import type { Whereabouts } from '../../domain/accounts/own-account.ts'
import type { User } from '../../domain/accounts/people.ts'
import type { Session } from '../../domain/accounts/sessions.ts'
import { Refusal } from '../../lib/errors.ts'
import { CallLimit } from '../call-limit.ts'
import type { Services } from '../services.ts'
import { clearCookie, readCookie, setCookie } from './cookie.ts'
import { requireSameOrigin } from './same-origin.ts'

const cookieName = 'silhouette-session'

/** Calls that each person has a minute. @source decisions.md §7 */
const personCallsPerMinute = 600

interface Exchange {
  readonly request: FastifyRequest
  readonly reply: FastifyReply
}

/** Lets in who is signed in: by a cookie that only pages of this origin can make use of. */
export class SessionGate {
  readonly #services: Services
  readonly #limit: CallLimit

  constructor(services: Services) {
    this.#services = services
    this.#limit = new CallLimit(services.context.callCounts, {
      name: 'person',
      perMinute: personCallsPerMinute,
    })
  }

  /** Tells whether a call has a cookie of a session, which may have ended. */
  has(request: FastifyRequest): boolean {
    return this.#tokenOf(request) !== ''
  }

  /**
   * Finds who is signed in.
   *
   * @throws Refusal `session_required`, `cross_site_refused`
   */
  async require(request: FastifyRequest): Promise<Session> {
    requireSameOrigin(request, this.#services.settings, { byCookie: true })
    const session = await this.#services.context.sessions.find(this.#tokenOf(request))
    if (session) return session
    throw new Refusal('session_required', 'Nobody is signed in, or the session has ended; sign in first.')
  }

  /** @throws Refusal `calls_too_many` */
  count({ user }: Session, reply: FastifyReply): Promise<void> {
    return this.#limit.take(user.email, reply)
  }

  /** Begins a session of a person, and ends the one that the browser had. */
  async begin({ request, reply }: Exchange, user: User): Promise<Session> {
    const { context, settings } = this.#services
    await context.sessions.end(this.#tokenOf(request))
    const session = await context.sessions.begin(user)
    setCookie({ request, reply }, settings, { name: cookieName, value: session.token })
    return session
  }

  /** Ends the session of a browser, if it has one. */
  async end({ request, reply }: Exchange): Promise<void> {
    requireSameOrigin(request, this.#services.settings, { byCookie: this.has(request) })
    await this.#services.context.sessions.end(this.#tokenOf(request))
    clearCookie({ request, reply }, this.#services.settings, cookieName)
  }

  #tokenOf(request: FastifyRequest): string {
    return readCookie(request, this.#services.settings, cookieName) ?? ''
  }
}

/** From where a call comes, as the audit log keeps it. */
export function whereaboutsOf(request: FastifyRequest, { settings }: Services): Whereabouts {
  const userAgent = (request.headers['user-agent'] ?? '').slice(0, 200)
  return { address: request.ip, userAgent, defaultClient: settings.defaultClient }
}
