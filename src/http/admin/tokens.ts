import { Type } from '@sinclair/typebox'
import type { TokenUse } from '../../domain/callers/log.ts'
import {
  defaultLifeSeconds,
  generateToken,
  noToken,
  readTokens,
  revokeTokens,
} from '../../domain/tokens/rotate.ts'
import { tokenScopes, type TokenRecord, type TokenScope } from '../../domain/tokens/record.ts'
import { Refusal } from '../../lib/errors.ts'
import { mayDo } from '../../model/permission.ts'
import { TokenOrderBody } from '../../wire/admin.ts'
import { NewToken, Token, TokenDetails, TokenScope as ScopeName } from '../../wire/admin-replies.ts'
import { endpoint, endpointWithBody, type AdminCall, type AdminEndpoint } from './endpoint.ts'

const path = '/authentication/token'

const scopeQuery = {
  authorizationScope: Type.Optional({
    ...ScopeName,
    description: 'Which token; required, as this or as scope.',
  }),
  scope: Type.Optional({ ...ScopeName, description: 'Another name of authorizationScope.' }),
}

/** The profile authentication token and the one for debugging tools. @source decisions.md §6, §7 */
export const tokenEndpoints: readonly AdminEndpoint[] = [
  endpoint({
    method: 'GET',
    path,
    action: 'token.readExpiry',
    summary: 'Read the current token of a scope, with the seconds until it expires.',
    query: Type.Object({
      ...scopeQuery,
      details: Type.Optional(
        Type.Union([Type.Literal('true'), Type.Literal('false')], {
          description: 'Also who made it, who used it last, and which replaced ones go on.',
        }),
      ),
    }),
    reply: [200, Type.Union([TokenDetails, Token])],
    refusals: ['token_not_found'],
    isCounted: false,
    handle: async (call) => {
      const scope = requireScope(call)
      const { current, overlapping } = await readTokens(call.context, { client: call.client, scope })
      if (current === undefined) throw noToken({ client: call.client, scope })
      const isShown = mayDo(call.principal, 'token.read', call.client.code)
      const body = tokenBody(call, { ...current, scope }, isShown ? current.accessToken : undefined)
      if (call.query.get('details') !== 'true') return { status: 200, body }
      return { status: 200, body: { ...body, ...(await details(call, current, overlapping)) } }
    },
  }),
  endpointWithBody(TokenOrderBody, {
    method: 'POST',
    path,
    action: 'token.generate',
    summary: 'Generate a token; the current one of the scope ends, at once or after an overlap.',
    query: Type.Object(scopeQuery),
    example: { expiresIn: 2_592_000, overlap: 86_400 },
    reply: [201, NewToken],
    refusals: ['tokens_too_many'],
    emptyBody: '{}',
    handle: async (call) => {
      const scope = requireScope(call)
      const { expiresIn = defaultLifeSeconds[scope], overlap = 0 } = call.body
      const times = { lifeSeconds: expiresIn, overlapSeconds: overlap }
      const { accessToken } = await generateToken(call.context, { ...call, scope }, times)
      return { status: 201, body: { accessToken, tokenType: 'bearer', scope, expiresIn } }
    },
  }),
  endpoint({
    method: 'DELETE',
    path,
    action: 'token.revoke',
    summary: 'Revoke every token of a scope, or with overlapping=true those that were replaced.',
    query: Type.Object({
      ...scopeQuery,
      overlapping: Type.Optional(Type.Union([Type.Literal('true'), Type.Literal('false')])),
    }),
    reply: [204],
    refusals: ['token_not_found'],
    handle: async (call) => {
      const overlappingOnly = readFlag(call, 'overlapping')
      await revokeTokens(call.context, { ...call, scope: requireScope(call) }, { overlappingOnly })
      return { status: 204 }
    },
  }),
]

/** Adobe's clients call the parameter by one name or the other. */
function requireScope({ query }: AdminCall): TokenScope {
  const text = query.get('authorizationScope') ?? query.get('scope')
  const scope = tokenScopes.find((known) => known === text)
  if (scope !== undefined) return scope
  throw new Refusal(
    'parameter_invalid',
    `The parameter authorizationScope must be ${tokenScopes.join(' or ')}.`,
  )
}

/** A mistyped word must not revoke more than was meant. */
function readFlag({ query }: AdminCall, name: string): boolean {
  const text = query.get(name)?.toLowerCase() ?? 'false'
  if (text === 'true' || text === 'false') return text === 'true'
  throw new Refusal('parameter_invalid', `The parameter ${name} must be true or false.`)
}

function tokenBody(
  { context }: AdminCall,
  token: TokenRecord & { readonly scope: TokenScope },
  accessToken: string | undefined,
) {
  return {
    accessToken,
    tokenType: 'bearer',
    scope: token.scope,
    expiresIn: secondsLeft(token, context.clock.nowMs()),
  }
}

/** What the console shows beside a token: who made it, who used it last, and which old ones go on. */
async function details(call: AdminCall, current: TokenRecord, overlapping: readonly TokenRecord[]) {
  return {
    ...(await facts(call, current)),
    overlapping: await Promise.all(overlapping.map((token) => facts(call, token))),
  }
}

async function facts({ context, client }: AdminCall, token: TokenRecord) {
  const use = await context.callers.lastUse(client.code, token.tokenId)
  return {
    tokenId: token.tokenId,
    createdAt: new Date(token.createdAtMs).toISOString(),
    createdBy: token.createdBy,
    expiresAt: new Date(token.expiresAtMs).toISOString(),
    expiresIn: secondsLeft(token, context.clock.nowMs()),
    lastUse: use && shownUse(use),
  }
}

function shownUse({ atMs, address, userAgent, endpoint: called }: TokenUse) {
  return { at: new Date(atMs).toISOString(), address, userAgent, endpoint: called }
}

function secondsLeft({ expiresAtMs }: TokenRecord, nowMs: number): number {
  return Math.floor((expiresAtMs - nowMs) / 1000)
}
