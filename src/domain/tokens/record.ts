import type { Document } from '../../store/store.ts'
import { bodyOf } from '../documents.ts'

/** What a token is for. @source target-profile-service.md §7.3 */
export const tokenScopes = ['profile_api', 'debug_tools'] as const

export type TokenScope = (typeof tokenScopes)[number]

/** All tokens of a client and scope are one document, so that a change of them is one step. */
export const tokenCollection = 'tokens'

/** A token as it is kept: never its characters in the clear. */
export interface TokenRecord {
  readonly tokenId: string
  /** SHA-256 of the whole token, hexadecimal. */
  readonly digest: string
  /** The token, encrypted with the install's key. */
  readonly sealed: string
  readonly createdAtMs: number
  readonly createdBy: string
  /** From this moment on it is refused, epoch ms. */
  readonly expiresAtMs: number
}

/** A token that is refused, remembered so that its users can be told why. */
export interface EndedToken {
  readonly tokenId: string
  readonly digest: string
  readonly endedAtMs: number
  readonly why: 'replaced' | 'revoked' | 'expired'
}

/**
 * The tokens of a client and scope.
 *
 * `current` is the one generated last, until it expires or is revoked. `overlapping` are those that
 * it replaced and that were given time: their `expiresAtMs` is the end of that time.
 */
export interface TokenSet {
  readonly current?: TokenRecord | undefined
  readonly overlapping: readonly TokenRecord[]
  readonly ended: readonly EndedToken[]
}

export const noTokens: TokenSet = { overlapping: [], ended: [] }

/** Ended tokens that are remembered for each scope. */
export const endedTokensMax = 50

export function tokenSetOf(document: Document | undefined): TokenSet {
  return bodyOf<TokenSet>(document) ?? noTokens
}

/** Tells whether a token's time has not ended. */
export function isGood({ expiresAtMs }: TokenRecord, nowMs: number): boolean {
  return nowMs < expiresAtMs
}

/** The tokens that work at a moment, the current one first. */
export function goodTokens({ current, overlapping }: TokenSet, nowMs: number): TokenRecord[] {
  return [...(current ? [current] : []), ...overlapping].filter((token) => isGood(token, nowMs))
}
