import type { Role } from './accounts.ts'
import { pathPart, type Session } from './session.ts'
import type { CallOptions } from './time.ts'
import type { Call } from './transport.ts'

/** A client that one may see. */
export interface ClientAccess {
  readonly code: string
  readonly name: string
  readonly imsOrgId: string
  /** The highest role that one holds there. */
  readonly role: Role
  /** Whether the profile API demands a token of its callers. */
  readonly requiresToken: boolean
  /** What one may do there, such as `settings.change`. */
  readonly actions: readonly string[]
}

/** Who is signed in, and what they may do. */
export interface SessionDetails {
  readonly user: {
    readonly email: string
    readonly name: string
    /** A language tag; empty until chosen. */
    readonly locale: string
    readonly hasPassword: boolean
  }
  readonly clients: readonly ClientAccess[]
  readonly isSystemAdmin: boolean
  /** When the session ends, if it is not used any more. */
  readonly expiresAt: string
  /** Clients that anyone can read and write; there when others than the server's machine reach it. */
  readonly openClients?: readonly string[]
}

/** The ways to sign in. */
export interface SignInOptions {
  readonly password: boolean
  /** Where single sign-on begins, and the name of the one who provides it. */
  readonly sso: { readonly name: string; readonly url: string } | null
}

/** For whom the link of an invitation is. */
export interface InvitationDetails {
  readonly email: string
  readonly name: string
  /** Whether the link resets a password. */
  readonly hasPassword: boolean
  readonly expiresAt: string
}

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
