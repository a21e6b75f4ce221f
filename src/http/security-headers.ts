/**
 * What every reply carries, unless its route says otherwise.
 *
 * Replies are data for programs: no browser is to guess their type, keep them, show them as a page or
 * in a frame, or run anything of them.
 */
export const securityHeaders: Readonly<Record<string, string>> = {
  'cache-control': 'no-store',
  'content-security-policy': "default-src 'none'; frame-ancestors 'none'",
  'referrer-policy': 'no-referrer',
  'x-content-type-options': 'nosniff',
}

/** The same as lines of a reply that is written by hand. */
export const securityHeaderLines = Object.entries(securityHeaders)
  .map(([name, value]) => `${name}: ${value}\r\n`)
  .join('')
