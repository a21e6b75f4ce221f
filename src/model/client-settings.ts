/** How addresses of callers are kept in the audit log and in the list of callers. */
export type IpObfuscation = 'NONE' | 'LAST_OCTET' | 'STRIP'

/**
 * The settings of a client, by the names of Adobe's `ClientSelfServiceSettings`.
 *
 * Only `enableProfileApiAuthentication`, `ipObfuscation` and the last two have a meaning here; the
 * others are kept and returned.
 *
 * @source target-profile-service.md §7.4, decisions.md §7
 */
export interface ClientSettings {
  /** Whether update, bulk, status and fetch need the profile authentication token. */
  readonly enableProfileApiAuthentication: boolean
  readonly locale: string
  readonly timeZone: string
  readonly ipObfuscation: IpObfuscation
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
  /** Days after its last write or visit that a profile lives. */
  readonly profileLifetimeDays: number
  /** Origins whose pages may read replies to visits; `*` allows all. */
  readonly allowedOrigins: readonly string[]
}

/** The settings of a client that has changed none. */
export function defaultSettings(profileLifetimeDays: number): ClientSettings {
  return {
    enableProfileApiAuthentication: false,
    locale: 'en_US',
    timeZone: 'UTC',
    ipObfuscation: 'NONE',
    onDeviceDecisioning: false,
    onDeviceDecisioningActivityQualification: false,
    a4TEnabled: false,
    permissionEnabled: false,
    mobileDeviceTargetingEnabled: false,
    geoLocationEnabled: false,
    defaultCompanyName: '',
    defaultReportSuite: '',
    defaultDataCollectionHost: '',
    flickerManagerSettings: {},
    allowedRemoteOfferUrlPatterns: [],
    profileLifetimeDays,
    allowedOrigins: ['*'],
  }
}
