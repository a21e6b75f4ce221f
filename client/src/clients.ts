import type { Page } from './batches.ts'
import { pathPart, type Session } from './session.ts'
import type { CallOptions } from './time.ts'
import type { Client } from './wire.ts'

/** The clients of the install, by the Admin API; product admins see and rename their own. */
export class Clients {
  readonly #session: Session

  constructor(session: Session) {
    this.#session = session
  }

  list(page: Page = {}, options: CallOptions = {}): Promise<{ total: number; clients: Client[] }> {
    return this.#session.admin({ method: 'GET', path: '/clients', query: { ...page } }, options)
  }

  get(code: string, options: CallOptions = {}): Promise<Client> {
    return this.#session.admin({ method: 'GET', path: clientPath(code) }, options)
  }

  create(client: Pick<Client, 'code'> & Partial<Client>, options: CallOptions = {}): Promise<Client> {
    return this.#session.admin({ method: 'POST', path: '/clients', json: client }, options)
  }

  patch(code: string, client: Partial<Omit<Client, 'code'>>, options: CallOptions = {}): Promise<Client> {
    return this.#session.admin({ method: 'PATCH', path: clientPath(code), json: client }, options)
  }

  /** Deletes a client with everything that belongs to it. */
  delete(code: string, options: CallOptions = {}): Promise<void> {
    return this.#session.admin({ method: 'DELETE', path: clientPath(code) }, options)
  }
}

function clientPath(code: string): string {
  return `/clients/${pathPart(code)}`
}
