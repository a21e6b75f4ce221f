import type { Page } from './batches.ts'
import { pathPart, type Session } from './session.ts'
import type { CallOptions } from './time.ts'
import type { Credential, Invitation, NewCredential, User, Workspace } from './wire.ts'

/** People of the client, by the Admin API. */
export class Users {
  readonly #session: Session

  constructor(session: Session) {
    this.#session = session
  }

  list(page: Page = {}, options: CallOptions = {}): Promise<{ total: number; users: User[] }> {
    return this.#session.admin({ method: 'GET', path: '/users', query: { ...page } }, options)
  }

  get(email: string, options: CallOptions = {}): Promise<User> {
    return this.#session.admin({ method: 'GET', path: userPath(email) }, options)
  }

  /** Gives a person memberships of the client; without any, the person observes. */
  create(user: Pick<User, 'email'> & Partial<User>, options: CallOptions = {}): Promise<User> {
    return this.#session.admin({ method: 'POST', path: '/users', json: user }, options)
  }

  /** Changes a person, or all memberships of the client that the person has. */
  patch(email: string, user: Partial<Omit<User, 'email'>>, options: CallOptions = {}): Promise<User> {
    return this.#session.admin({ method: 'PATCH', path: userPath(email), json: user }, options)
  }

  /** Takes a person's memberships of the client away, and the person with the last one. */
  delete(email: string, options: CallOptions = {}): Promise<void> {
    return this.#session.admin({ method: 'DELETE', path: userPath(email) }, options)
  }

  /** Makes the link by which a person chooses a password, a first or a new one; it replaces the last. */
  invite(email: string, options: CallOptions = {}): Promise<Invitation> {
    return this.#session.admin({ method: 'POST', path: `${userPath(email)}/invitation` }, options)
  }

  /** Signs a person out everywhere. */
  endSessions(email: string, options: CallOptions = {}): Promise<void> {
    return this.#session.admin({ method: 'DELETE', path: `${userPath(email)}/sessions` }, options)
  }
}

/** API credentials of the client, by the Admin API. */
export class Credentials {
  readonly #session: Session

  constructor(session: Session) {
    this.#session = session
  }

  list(page: Page = {}, options: CallOptions = {}): Promise<{ total: number; credentials: Credential[] }> {
    return this.#session.admin({ method: 'GET', path: '/credentials', query: { ...page } }, options)
  }

  /** Creates a credential; its secret is in this reply alone. */
  create(
    credential: Pick<Credential, 'name' | 'role' | 'workspace'>,
    options: CallOptions = {},
  ): Promise<NewCredential> {
    return this.#session.admin({ method: 'POST', path: '/credentials', json: credential }, options)
  }

  /** Ends a credential and its access tokens. */
  delete(clientId: string, options: CallOptions = {}): Promise<void> {
    return this.#session.admin({ method: 'DELETE', path: `/credentials/${pathPart(clientId)}` }, options)
  }
}

/** Workspaces of the client, by the Admin API. */
export class Workspaces {
  readonly #session: Session

  constructor(session: Session) {
    this.#session = session
  }

  list(page: Page = {}, options: CallOptions = {}): Promise<{ total: number; workspaces: Workspace[] }> {
    return this.#session.admin({ method: 'GET', path: '/workspaces', query: { ...page } }, options)
  }

  create(workspace: Pick<Workspace, 'name'>, options: CallOptions = {}): Promise<Workspace> {
    return this.#session.admin({ method: 'POST', path: '/workspaces', json: workspace }, options)
  }
}

function userPath(email: string): string {
  return `/users/${pathPart(email)}`
}
