import type { Session } from './session.ts'
import type { CallOptions } from './time.ts'
import type { Settings } from './wire.ts'

const path = '/clients/settings'

/** The settings of the client, by the Admin API. */
export class SettingsCalls {
  readonly #session: Session

  constructor(session: Session) {
    this.#session = session
  }

  get(options: CallOptions = {}): Promise<Settings> {
    return this.#session.admin({ method: 'GET', path }, options)
  }

  /** Changes some settings and leaves the others. */
  patch(settings: Partial<Settings>, options: CallOptions = {}): Promise<Settings> {
    return this.#session.admin({ method: 'PATCH', path, json: settings }, options)
  }

  /** Replaces all settings; what is left out returns to its default. */
  replace(
    settings: Partial<Settings> & Pick<Settings, 'enableProfileApiAuthentication'>,
    options: CallOptions = {},
  ): Promise<Settings> {
    return this.#session.admin({ method: 'PUT', path, json: settings }, options)
  }
}
