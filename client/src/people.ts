import { pathPart, type Session } from './session.ts'
import type { CallOptions } from './time.ts'
import type { Call } from './transport.ts'
import type { InvitationDetails, SessionDetails, SignInOptions } from './wire.ts'

/** Signing in and out, and one's own account; for pages that the service itself serves. */
export class PersonSession {
  readonly #session: Session

  constructor(session: Session) {
    this.#session = session
  }

  /** Reads who is signed in. @throws ServiceError `session_required` */
  current(options: CallOptions = {}): Promise<SessionDetails> {
    return this.#json({ method: 'GET', path: '/api/session' }, undefined, options)
  }

  signInOptions(options: CallOptions = {}): Promise<SignInOptions> {
    return this.#json({ method: 'GET', path: '/api/sign-in' }, undefined, options)
  }

  /** @throws ServiceError `sign_in_failed`; `sign_in_delayed` with the seconds to wait */
  signIn(email: string, password: string, options: CallOptions = {}): Promise<SessionDetails> {
    return this.#json({ method: 'POST', path: '/api/session' }, { email, password }, options)
  }

  signOut(options: CallOptions = {}): Promise<void> {
    return this.#json({ method: 'DELETE', path: '/api/session' }, undefined, options)
  }

  updateMe(
    details: { readonly name?: string; readonly locale?: string },
    options: CallOptions = {},
  ): Promise<SessionDetails> {
    return this.#json({ method: 'PATCH', path: '/api/me' }, details, options)
  }

  /** Ends all other sessions. @throws ServiceError `password_wrong`, `password_refused`, `sign_in_delayed` */
  changePassword(
    passwords: { readonly currentPassword: string; readonly newPassword: string },
    options: CallOptions = {},
  ): Promise<SessionDetails> {
    return this.#json({ method: 'POST', path: '/api/me/password' }, passwords, options)
  }

  /** Reads for whom a link is. @throws ServiceError `invitation_not_found` */
  invitation(token: string, options: CallOptions = {}): Promise<InvitationDetails> {
    return this.#json({ method: 'GET', path: invitationPath(token) }, undefined, options)
  }

  /**
   * Chooses a password by a link, and signs in.
   *
   * @throws ServiceError `invitation_not_found`, `password_refused`
   */
  acceptInvitation(
    token: string,
    chosen: { readonly password: string; readonly name?: string },
    options: CallOptions = {},
  ): Promise<SessionDetails> {
    return this.#json({ method: 'POST', path: invitationPath(token) }, chosen, options)
  }

  #json<Reply>(call: Call, body: object | undefined, options: CallOptions): Promise<Reply> {
    const json = body && {
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify(body),
    }
    const { transport } = this.#session
    return transport.within(options, (deadline) => transport.json<Reply>({ ...call, ...json }, deadline))
  }
}

function invitationPath(token: string): string {
  return `/api/invitations/${pathPart(token)}`
}
