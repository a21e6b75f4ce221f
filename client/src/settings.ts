import type { Session } from './session.ts'
import type { CallOptions } from './time.ts'

/** The settings of a client, by Adobe's names. */
export interface Settings {
  /** Whether update, bulk, status and fetch need the profile authentication token. */
  readonly enableProfileApiAuthentication: boolean
  readonly locale: string
  readonly timeZone: string
  readonly ipObfuscation: 'NONE' | 'LAST_OCTET' | 'STRIP'
  readonly onDeviceDecisioning: boolean
  readonly onDeviceDecisioningActivityQualification: boolean
  readonly a4TEnabled: boolean
  readonly permissionEnabled: boolean
  readonly mobileDeviceTargetingEnabled: boolean
  readonly geoLocationEnabled: boolean
  readonly defaultCompanyName: string
  readonly defaultReportSuite: string
  readonly defaultDataCollectionHost: string
  readonly flickerManagerSettings: Readonly<Record<string, unknown>>
  readonly allowedRemoteOfferUrlPatterns: readonly string[]
  /** 1 to 90. */
  readonly profileLifetimeDays: number
  /** Origins whose pages may read replies to visits; `*` allows all. */
  readonly allowedOrigins: readonly string[]
}

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
