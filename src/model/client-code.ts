/** Codes that would collide with addresses of the service. @source decisions.md §1 */
export const reservedClientCodes: ReadonlySet<string> = new Set([
  'client',
  'm2',
  'rest',
  'ims',
  'console',
  'api',
  'docs',
  'metrics',
  'livez',
  'readyz',
  'openapi',
  'settings',
  'uisettings',
  'ipfilter',
])

const pattern = /^[a-z0-9][a-z0-9-]{0,62}$/

/** Tells whether a text can be a client's code. */
export function isClientCode(text: string): boolean {
  return pattern.test(text) && !reservedClientCodes.has(text)
}

/** The IMS organization id that a new client gets unless another is given. */
export function imsOrgIdOf(code: string): string {
  return `${code.toUpperCase()}@AdobeOrg`
}
