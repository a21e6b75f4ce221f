import type { FastifyRequest } from 'fastify'
import { Refusal } from '../../lib/errors.ts'
import { hostOf } from '../address.ts'
import type { HttpSettings } from '../services.ts'

const safeMethods = new Set(['GET', 'HEAD'])

/**
 * Refuses what a page of another site makes a browser send.
 *
 * Browsers tell where a call comes from by `Sec-Fetch-Site`, or at least by `Origin`. What changes
 * something by a cookie must tell; what reads must not come from elsewhere.
 *
 * @param options.byCookie whether a cookie is what the caller is known by
 * @throws Refusal `cross_site_refused`
 */
export function requireSameOrigin(
  request: FastifyRequest,
  settings: Pick<HttpSettings, 'publicUrl'>,
  { byCookie }: { byCookie: boolean },
): void {
  const isSafe = safeMethods.has(request.method)
  const { origin } = request.headers
  const site = request.headers['sec-fetch-site']
  if (site === 'same-origin' || (site === 'none' && isSafe)) return
  if (site === undefined && isOwn(origin, request, settings)) return
  if (site === undefined && origin === undefined && (isSafe || !byCookie)) return
  throw new Refusal(
    'cross_site_refused',
    'This call must come from a page of this origin; send it with Sec-Fetch-Site: same-origin or its Origin.',
  )
}

/** Whether a page of this origin sent the call; who ends TLS before us may not have told. */
function isOwn(
  origin: string | undefined,
  request: FastifyRequest,
  { publicUrl }: Pick<HttpSettings, 'publicUrl'>,
): boolean {
  if (origin === undefined) return false
  const host = hostOf(request)
  return origin === `https://${host}` || origin === `${request.protocol}://${host}` || origin === publicUrl
}
