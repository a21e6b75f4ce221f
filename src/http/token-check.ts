import type { FastifyReply, FastifyRequest } from 'fastify'
import type { CallPlace } from '../domain/callers/log.ts'
import type { Verdict } from '../domain/tokens/verify.ts'
import { Refusal } from '../lib/errors.ts'
import type { FindClient } from './client-of.ts'
import { forClient, type Call } from './endpoint.ts'
import type { Services } from './services.ts'
import { routeOf } from './watch-requests.ts'

/**
 * Makes a route's handler for the profile API: like `forClient`, and a client that demands it gets
 * calls with its profile authentication token only.
 *
 * The token is judged right behind the client: before sizes, and before any byte of the body.
 *
 * @source decisions.md §6
 */
export function forProfileApi(
  services: Services,
  findClient: FindClient,
  handle: (call: Call) => Promise<unknown>,
): (request: FastifyRequest, reply: FastifyReply) => Promise<unknown> {
  return forClient(services, findClient, (call) => {
    if (call.client.requiresToken) return requireToken(services, call).then(() => handle(call))
    noteOpenCall(services, call)
    return handle(call)
  })
}

async function requireToken(services: Services, call: Call): Promise<void> {
  const verdict = await judge(services, call)
  if (verdict.kind === 'good') {
    return services.context.callers.noteUse(call.client, verdict.tokenId, placeOf(call.request))
  }
  const isScope = verdict.why === 'otherScope'
  const message = messageOf(verdict, call.client.code)
  const error = isScope ? 'insufficient_scope' : 'invalid_token'
  call.reply.header(
    'www-authenticate',
    `Bearer realm="profile-api", error="${error}", error_description="${message}"`,
  )
  throw new Refusal(isScope ? 'token_scope_insufficient' : 'token_invalid', message)
}

/** Counts a call that would be refused if the client demanded a token. Nothing waits for it. */
function noteOpenCall(services: Services, call: Call) {
  const { client, request } = call
  const { authorization, access_token: header } = request.headers
  if (authorization === undefined && header === undefined) {
    services.context.callers.noteUnauthorized(client, placeOf(request))
    return
  }
  const note = async () => {
    const verdict = await judge(services, call)
    if (verdict.kind === 'bad') services.context.callers.noteUnauthorized(client, placeOf(request))
  }
  // When the store cannot be asked, the call itself says so.
  note().catch(() => {})
}

/** Judges the token of a call; of two that are sent one that works suffices. */
async function judge({ context }: Services, { client, request }: Call): Promise<Verdict> {
  const { authorization, access_token: header } = request.headers
  const bearer = bearerOf(authorization)
  const first = await context.tokens.check(client.code, bearer)
  if (first.kind === 'good' || header === undefined) return first
  const second = await context.tokens.check(client.code, String(header).trim())
  // The one that is a token tells more than another party's bearer.
  return second.kind === 'good' || first.why === 'malformed' || first.why === 'missing' ? second : first
}

/** The token of an `Authorization: Bearer` header; empty when there is none. */
export function bearerOf(authorization: string | undefined): string {
  return /^bearer +(\S.*)$/i.exec(authorization?.trim() ?? '')?.[1] ?? ''
}

function messageOf(verdict: Extract<Verdict, { kind: 'bad' }>, client: string): string {
  return `The profile authentication token ${reasons[verdict.why](client, whenOf(verdict.endedAtMs))}.`
}

type Why = Extract<Verdict, { kind: 'bad' }>['why']

const reasons: Readonly<Record<Why, (client: string, at: string) => string>> = {
  missing: () => 'is missing; send it as Authorization: Bearer TOKEN',
  malformed: () => 'is malformed; copy it whole from the console or the Admin API',
  unknown: (client) => `is not known; use the current one of client ${client}`,
  expired: (_client, at) => `expired${at}; generate a new one`,
  replaced: (_client, at) => `was replaced by a new one${at}; use that`,
  revoked: (_client, at) => `was revoked${at}; generate a new one`,
  otherScope: () => 'has the scope debug_tools; use one of scope profile_api',
  otherClient: (client) => `is not of client ${client} but of another client; use the one of ${client}`,
}

function whenOf(endedAtMs: number | undefined): string {
  return endedAtMs === undefined ? '' : ` at ${new Date(endedAtMs).toISOString()}`
}

/** Where a call came from and what it called, in the words of the lists of callers. */
export function placeOf(request: FastifyRequest): CallPlace {
  return {
    address: request.ip,
    userAgent: request.headers['user-agent'] ?? '',
    endpoint: endpointOf(request.method, routeOf(request) ?? ''),
  }
}

/** What was called, as people write it: a method and a path with its parameters in braces. */
export function endpointOf(method: string, route: string): string {
  return `${method} ${shownPath(route)}`
}

/** Paths of routes with their parameters as people write them; there are as many as routes. */
const shownPaths = new Map<string, string>()

function shownPath(url: string): string {
  const known = shownPaths.get(url)
  if (known !== undefined) return known
  const shown = url.replace(/:(\w+)/g, '{$1}')
  shownPaths.set(url, shown)
  return shown
}
