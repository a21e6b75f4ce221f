import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import { journeyMs, SsoFailed, type SingleSignOn } from '../../domain/accounts/single-sign-on.ts'
import { Refusal } from '../../lib/errors.ts'
import { publicOriginOf, queryParameter, rawQuery } from '../address.ts'
import { ssoCallbackDescription, ssoStartDescription } from '../reference/session-routes.ts'
import type { Services } from '../services.ts'
import { clearCookie, readCookie, setCookie } from './cookie.ts'
import { whereaboutsOf, type SessionGate } from './gate.ts'

const cookieName = 'silhouette-sso'
const startUrl = '/api/sso/start'
const callbackUrl = '/api/sso/callback'

/** Where people land who name no place of the console, and the longest that they may name. */
const home = '/console/'
const returnToCharsMax = 1_000

interface Exchange {
  readonly request: FastifyRequest
  readonly reply: FastifyReply
}

interface Setup {
  readonly services: Services
  readonly gate: SessionGate
}

/** What the sign-in page shows of single sign-on; nothing while it is not set up. */
export function ssoOption({ sso }: Services): { name: string; url: string } | null {
  return sso ? { name: sso.settings.name, url: startUrl } : null
}

/** The way to the provider of single sign-on, and back. */
export function addSsoRoutes(app: FastifyInstance, setup: Setup): void {
  app.route({
    method: 'GET',
    url: startUrl,
    config: { action: 'public', description: ssoStartDescription },
    handler: async (request, reply) =>
      orSignIn(setup, { request, reply }, (sso) => start(setup.services, sso, { request, reply })),
  })
  app.route({
    method: 'GET',
    url: callbackUrl,
    config: { action: 'public', description: ssoCallbackDescription },
    handler: async (request, reply) =>
      orSignIn(setup, { request, reply }, (sso) => comeBack(setup, sso, { request, reply })),
  })
}

async function start({ settings }: Services, sso: SingleSignOn, { request, reply }: Exchange) {
  const redirectUri = publicOriginOf(request, settings) + callbackUrl
  const { url, kept } = await sso.begin(redirectUri, returnToOf(request))
  setCookie({ request, reply }, settings, { name: cookieName, value: kept, maxAge: journeyMs / 1000 })
  return url.href
}

async function comeBack({ services, gate }: Setup, sso: SingleSignOn, { request, reply }: Exchange) {
  const kept = readCookie(request, services.settings, cookieName) ?? ''
  clearCookie({ request, reply }, services.settings, cookieName)
  const query = rawQuery(request.url)
  const { user, returnTo } = await sso.finish({ query, kept }, whereaboutsOf(request, services))
  await gate.begin({ request, reply }, user)
  return returnTo
}

/** Leads on to where a step says, or back to the sign-in page, which tells what went wrong. */
async function orSignIn(
  { services: { sso, log } }: Setup,
  { request, reply }: Exchange,
  step: (sso: SingleSignOn) => Promise<string>,
): Promise<FastifyReply> {
  if (sso === undefined) {
    throw new Refusal('route_unknown', 'Single sign-on is not set up; sign in with a password.')
  }
  try {
    return reply.redirect(await step(sso))
  } catch (error) {
    if (!(error instanceof SsoFailed)) throw error
    const { problem, message, cause } = error
    log.warn({ problem, reason: message, cause: reasonOf(cause), requestId: request.id }, 'no single sign-on')
    return reply.redirect(`/console/sign-in?problem=${problem}`)
  }
}

/** What the log tells of a cause: of what the provider sent its code alone, such as `invalid_grant`. */
function reasonOf(cause: unknown): string | undefined {
  if (!(cause instanceof Error)) return undefined
  const codes = [Reflect.get(cause, 'code'), Reflect.get(cause, 'error')]
  return [cause.message, ...codes.filter((code) => typeof code === 'string')].join(', ').slice(0, 300)
}

/** A place of the console: whatever else is named, on this origin or another, counts as none. */
function returnToOf(request: FastifyRequest): string {
  const text = queryParameter(request, 'returnTo') ?? ''
  const base = 'http://console.invalid'
  if (text.length > returnToCharsMax || !text.startsWith(home) || !URL.canParse(text, base)) return home
  const { origin, pathname, search, hash } = new URL(text, base)
  return origin === base && pathname.startsWith(home) ? pathname + search + hash : home
}
