import type { ApiCredential } from './access-token.ts'
import { Credentials, Users, Workspaces } from './accounts.ts'
import { Batches } from './batches.ts'
import { Clients } from './clients.ts'
import { PersonSession } from './people.ts'
import { Profiles } from './profiles.ts'
import { Session } from './session.ts'
import { SettingsCalls } from './settings.ts'
import { Tokens } from './tokens.ts'
import { Transport, type TransportOptions } from './transport.ts'
import { Audit, Callers } from './upkeep.ts'
import { Visits } from './visits.ts'

export interface SilhouetteOptions extends TransportOptions {
  /** Address of the service, such as `https://profiles.example.com`; a path in it is kept. */
  readonly url: string
  /** Code of the client whose profiles these are; the group `session` needs none. */
  readonly client?: string | undefined
  /** The profile authentication token, for clients that demand it. */
  readonly token?: string | undefined
  /** For what the Admin API does; never give it to a browser. */
  readonly credential?: ApiCredential | undefined
  /**
   * With `session` the Admin API knows the person who is signed in, by a cookie that the browser
   * sends: for pages that the service itself serves.
   */
  readonly auth?: 'session' | undefined
  /** Sends the requests; the runtime's own unless given. */
  readonly fetch?: typeof globalThis.fetch | undefined
  /** Limit of each call that names none, milliseconds; 30,000 unless given. Transfers have 10 minutes. */
  readonly timeoutMs?: number | undefined
}

/**
 * A visitor-profile service, as one of its clients.
 *
 * Methods throw `ServiceError` when the service refuses, `NotReachable` when there is no answer, and
 * the reason of a signal that ends them.
 */
export class Silhouette {
  readonly profiles: Profiles
  readonly visits: Visits
  readonly batches: Batches
  readonly tokens: Tokens
  readonly settings: SettingsCalls
  readonly clients: Clients
  readonly users: Users
  readonly credentials: Credentials
  readonly workspaces: Workspaces
  readonly callers: Callers
  readonly audit: Audit
  readonly session: PersonSession

  constructor(options: SilhouetteOptions) {
    const session = new Session(new Transport(options), options)
    this.profiles = new Profiles(session)
    this.visits = new Visits(session)
    this.batches = new Batches(session)
    this.tokens = new Tokens(session)
    this.settings = new SettingsCalls(session)
    this.clients = new Clients(session)
    this.users = new Users(session)
    this.credentials = new Credentials(session)
    this.workspaces = new Workspaces(session)
    this.callers = new Callers(session)
    this.audit = new Audit(session)
    this.session = new PersonSession(session)
  }
}
