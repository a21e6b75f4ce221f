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

/**
 * Makes an address as unrecognizable as a client asks for: the last octet of IPv4 becomes 0, of IPv6
 * the last 80 bits; `STRIP` leaves nothing.
 */
export function obfuscateAddress(address: string, how: IpObfuscation): string {
  if (how === 'NONE') return address
  if (how === 'STRIP') return ''
  const v4 = /^(.*?)(\d+\.\d+\.\d+)\.\d+$/.exec(address)
  if (v4) return `${v4[1]}${v4[2]}.0`
  return address.includes(':') ? `${expandIpv6(address).slice(0, 3).join(':')}::` : ''
}

/** The eight groups of an IPv6 address; `::` stands for as many zeros as are missing. */
function expandIpv6(address: string): string[] {
  const [head = '', tail] = address.split('::')
  const before = head.split(':').filter(Boolean)
  if (tail === undefined) return before
  const after = tail.split(':').filter(Boolean)
  return [...before, ...Array<string>(Math.max(0, 8 - before.length - after.length)).fill('0'), ...after]
}
