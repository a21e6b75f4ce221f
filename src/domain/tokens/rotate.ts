import { Refusal } from '../../lib/errors.ts'
import { dayMs } from '../../model/limits.ts'
import { audit, type Actor, type Operation } from '../audit/log.ts'
import type { Client } from '../clients/directory.ts'
import type { ControlContext } from '../context.ts'
import { change, put } from '../documents.ts'
import { mintToken, parseToken } from './format.ts'
import {
  endedTokensMax,
  goodTokens,
  isGood,
  tokenCollection,
  tokenSetOf,
  type EndedToken,
  type TokenRecord,
  type TokenScope,
  type TokenSet,
} from './record.ts'

/** Longest life of a token, seconds. @source decisions.md §6 */
export const tokenLifeSecondsMax = (365 * dayMs) / 1000

/** Longest time that a replaced token may go on, seconds. @source decisions.md §6 */
export const overlapSecondsMax = (7 * dayMs) / 1000

/** Life of a token when none is asked for, seconds. */
export const defaultLifeSeconds: Readonly<Record<TokenScope, number>> = {
  profile_api: (90 * dayMs) / 1000,
  debug_tools: 6 * 3600,
}

/** Replaced tokens that may go on at the same time; each further one is refused. */
const overlappingMax = 20

/** A change of the tokens of one scope, and who makes it. */
export interface TokenOrder {
  readonly client: Client
  readonly scope: TokenScope
  readonly actor: Actor
}

/** A token with its characters, for the one who may see it. */
export interface ShownToken extends TokenRecord {
  /** Absent when the store was used with another secret key since. */
  readonly accessToken?: string | undefined
}

/**
 * Generates a token. The one that it replaces ends in the same step, or goes on for `overlapSeconds`,
 * but never past its own end. Overlaps that run already keep their own time.
 *
 * @param lifeSeconds    1 to 365 days
 * @param overlapSeconds 0 to 7 days
 * @throws Refusal `tokens_too_many` when 20 replaced tokens go on already
 */
export async function generateToken(
  context: ControlContext,
  order: TokenOrder,
  { lifeSeconds, overlapSeconds }: { lifeSeconds: number; overlapSeconds: number },
): Promise<Required<ShownToken>> {
  const accessToken = mintToken(order.client.code)
  const parsed = parseToken(accessToken)
  if (parsed === undefined) throw new Error('a token that is made is well-formed')
  return changeTokens(context, order, (tokens, nowMs) => {
    const token: TokenRecord = {
      tokenId: parsed.tokenId,
      digest: parsed.digest.toString('hex'),
      sealed: context.secretKey.seal(accessToken, sealContext(order)),
      createdAtMs: nowMs,
      createdBy: order.actor.id,
      expiresAtMs: nowMs + lifeSeconds * 1000,
    }
    const after = replaceCurrent(tokens, token, nowMs + overlapSeconds * 1000, nowMs)
    if (after.overlapping.length > overlappingMax) throw tooManyOverlaps()
    const details = { expiresIn: lifeSeconds, overlap: overlapSeconds }
    return { after, operation: 'create', details, result: { ...token, accessToken } }
  })
}

/**
 * Ends every token of a scope, or those alone that overlap the current one.
 *
 * @throws Refusal `token_not_found` when there is none
 */
export async function revokeTokens(
  context: ControlContext,
  order: TokenOrder,
  { overlappingOnly }: { overlappingOnly: boolean },
): Promise<void> {
  await changeTokens(context, order, (tokens, nowMs) => {
    const revoked = overlappingOnly ? tokens.overlapping : goodTokens(tokens, nowMs)
    if (revoked.length === 0) throw noToken(order, overlappingOnly ? 'no replaced token goes on' : undefined)
    const after: TokenSet = {
      current: overlappingOnly ? tokens.current : undefined,
      overlapping: [],
      ended: [...tokens.ended, ...revoked.map((token) => ended(token, nowMs, 'revoked'))],
    }
    return { after, operation: 'delete', details: { overlapping: overlappingOnly }, result: undefined }
  })
}

/** Reads the current token of a scope with its characters, and those that overlap it. */
export async function readTokens(
  context: ControlContext,
  order: Pick<TokenOrder, 'client' | 'scope'>,
): Promise<{ current: ShownToken | undefined; overlapping: readonly TokenRecord[] }> {
  const { client, scope } = order
  const document = await context.store.documents.get(client.code, tokenCollection, scope)
  const nowMs = context.clock.nowMs()
  const { current, overlapping } = tokenSetOf(document)
  const isShown = current && isGood(current, nowMs)
  return {
    current: isShown
      ? { ...current, accessToken: context.secretKey.open(current.sealed, sealContext(order)) }
      : undefined,
    overlapping: overlapping.filter((token) => isGood(token, nowMs)),
  }
}

/** The refusal for a scope that has no token. */
export function noToken(
  { client, scope }: Pick<TokenOrder, 'client' | 'scope'>,
  why = 'there is no token',
): Refusal {
  return new Refusal(
    'token_not_found',
    `Client ${client.code}, scope ${scope}: ${why}; generate one with POST.`,
  )
}

interface TokenChange<Result> {
  readonly after: TokenSet
  readonly operation: Operation
  readonly details: Readonly<Record<string, unknown>>
  readonly result: Result
}

/** Changes the tokens of a scope in one commit with the entry of the audit log. */
async function changeTokens<Result>(
  context: ControlContext,
  { client, scope, actor }: TokenOrder,
  plan: (tokens: TokenSet, nowMs: number) => TokenChange<Result>,
): Promise<Result> {
  const { documents } = context.store
  const result = await change(documents, client.code, async () => {
    const document = await documents.get(client.code, tokenCollection, scope)
    const nowMs = context.clock.nowMs()
    const before = withoutExpired(tokenSetOf(document), nowMs)
    const { after, operation, details, result: answer } = plan(before, nowMs)
    const body = { ...after, ended: after.ended.slice(-endedTokensMax) }
    const entry = {
      type: 'authenticationToken',
      entityId: scope,
      operation,
      before: describe(before),
      after: { ...describe(body), ...details },
    } as const
    return {
      changes: [
        put(tokenCollection, scope, { document, body }),
        ...audit(context, { client, actor, change: entry }),
      ],
      result: answer,
    }
  })
  context.tokens.forget(client.code)
  return result
}

function replaceCurrent(
  tokens: TokenSet,
  token: TokenRecord,
  overlapEndsAtMs: number,
  nowMs: number,
): TokenSet {
  const old = tokens.current
  if (old === undefined) return { ...tokens, current: token }
  const endsAtMs = Math.min(overlapEndsAtMs, old.expiresAtMs)
  if (endsAtMs <= nowMs) {
    return { ...tokens, current: token, ended: [...tokens.ended, ended(old, nowMs, 'replaced')] }
  }
  const overlapping = [...tokens.overlapping, { ...old, expiresAtMs: endsAtMs }]
  return { ...tokens, current: token, overlapping }
}

/** Moves tokens whose time has ended to those that are only remembered. */
function withoutExpired(tokens: TokenSet, nowMs: number): TokenSet {
  const { current, overlapping } = tokens
  const gone = [...(current ? [current] : []), ...overlapping].filter((token) => !isGood(token, nowMs))
  if (gone.length === 0) return tokens
  return {
    current: current && isGood(current, nowMs) ? current : undefined,
    overlapping: overlapping.filter((token) => isGood(token, nowMs)),
    ended: [
      ...tokens.ended,
      ...gone.map((token) => ended(token, token.expiresAtMs, token === current ? 'expired' : 'replaced')),
    ],
  }
}

function ended({ tokenId, digest }: TokenRecord, endedAtMs: number, why: EndedToken['why']): EndedToken {
  return { tokenId, digest, endedAtMs, why }
}

function shown({ tokenId, createdAtMs, createdBy, expiresAtMs }: TokenRecord) {
  return {
    tokenId,
    createdAt: new Date(createdAtMs).toISOString(),
    createdBy,
    expiresAt: new Date(expiresAtMs).toISOString(),
  }
}

/** What the audit log keeps of tokens: ids and times. */
function describe({ current, overlapping }: TokenSet) {
  return { current: current && shown(current), overlapping: overlapping.map(shown) }
}

function sealContext({ client, scope }: Pick<TokenOrder, 'client' | 'scope'>): string {
  return `${client.code} ${scope}`
}

function tooManyOverlaps(): Refusal {
  return new Refusal(
    'tokens_too_many',
    `${overlappingMax} replaced tokens go on already; end them with DELETE and overlapping=true first.`,
  )
}
