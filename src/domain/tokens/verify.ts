import { timingSafeEqual } from 'node:crypto'
import type { Clock } from '../../lib/clock.ts'
import type { DocumentStore } from '../../store/store.ts'
import { Remembered } from '../remembered.ts'
import { isMarkedFor, parseToken, type ParsedToken } from './format.ts'
import {
  isGood,
  tokenCollection,
  tokenSetOf,
  type EndedToken,
  type TokenRecord,
  type TokenScope,
  type TokenSet,
} from './record.ts'

/** What became of a check. */
export type Verdict =
  | { readonly kind: 'good'; readonly tokenId: string }
  | {
      readonly kind: 'bad'
      readonly why:
        | 'missing'
        | 'malformed'
        | 'unknown'
        | 'expired'
        | 'replaced'
        | 'revoked'
        | 'otherScope'
        | 'otherClient'
      readonly endedAtMs?: number | undefined
    }

/** A token as calls are compared with it. */
interface Known<Token> {
  readonly token: Token
  readonly digest: Buffer
}

/** A client's tokens as calls are checked against them, by their ids. */
interface KnownTokens {
  readonly currentId: string | undefined
  readonly live: ReadonlyMap<string, Known<TokenRecord>>
  readonly ended: ReadonlyMap<string, Known<EndedToken>>
  readonly otherScope: ReadonlyMap<string, Known<TokenRecord>>
}

/** A token that was good, and the stored one that it was then compared with. */
interface GoodToken {
  readonly parsed: ParsedToken
  readonly stored: Known<TokenRecord>
}

/** Good tokens that are remembered; past it the memory starts anew. */
const goodMax = 1_000

/** What a token of unknown id is compared with, so that it takes the way of a known one. */
const nobody = Buffer.alloc(32)

/** Checks profile authentication tokens; what is stored is remembered for half a second. */
export class TokenChecker {
  readonly #clock: Clock
  readonly #known: Remembered<KnownTokens>
  /**
   * Texts of tokens that were good, so that they are not taken apart and hashed for each call. One that
   * never was good, however near, is taken apart and hashed each time, like any other.
   *
   * @source bench `requests`: that costs 1.6 µs, a fetch 13
   */
  readonly #good = new Map<string, GoodToken>()

  constructor(documents: DocumentStore, clock: Clock) {
    this.#clock = clock
    this.#known = new Remembered({ clock, documents }, (client) => readKnown(documents, client))
  }

  /**
   * Judges a token for the profile API of a client.
   *
   * @throws what the store throws, when it has not been reached for 10 s
   */
  async check(client: string, text: string): Promise<Verdict> {
    if (text === '') return { kind: 'bad', why: 'missing' }
    const parsed = this.#good.get(text)?.parsed ?? parseToken(text)
    if (parsed === undefined) return { kind: 'bad', why: 'malformed' }
    const known = await this.#known.get(client)
    const nowMs = this.#clock.nowMs()
    const found = known?.live.get(parsed.tokenId)
    if (isSame(parsed, found) && found) {
      const { token } = found
      if (!isGood(token, nowMs)) {
        const why = token.tokenId === known?.currentId ? 'expired' : 'replaced'
        return { kind: 'bad', why, endedAtMs: token.expiresAtMs }
      }
      this.#remember(text, { parsed, stored: found })
      return { kind: 'good', tokenId: token.tokenId }
    }
    return explain(client, parsed, known)
  }

  /** The id of a token that was good before and still is, where nothing has to be read to tell. */
  peek(client: string, text: string): string | undefined {
    const good = this.#good.get(text)
    if (good === undefined) return undefined
    const found = this.#known.peek(client)?.live.get(good.parsed.tokenId)
    // What was read anew, or for another client, is for `check` to compare.
    if (found === undefined || found !== good.stored) return undefined
    return isGood(found.token, this.#clock.nowMs()) ? found.token.tokenId : undefined
  }

  #remember(text: string, good: GoodToken) {
    if (this.#good.size >= goodMax && !this.#good.has(text)) this.#good.clear()
    this.#good.set(text, good)
  }

  /** Makes the next check of a client's token see what was changed just now. */
  forget(client: string): void {
    this.#known.forget(client)
  }
}

async function readKnown(documents: DocumentStore, client: string): Promise<KnownTokens> {
  const read = async (scope: TokenScope) => tokenSetOf(await documents.get(client, tokenCollection, scope))
  const profileApi = await read('profile_api')
  return {
    currentId: profileApi.current?.tokenId,
    live: byId(tokensOf(profileApi)),
    ended: byId(profileApi.ended),
    otherScope: byId(tokensOf(await read('debug_tools'))),
  }
}

function tokensOf({ current, overlapping }: TokenSet): TokenRecord[] {
  return [...(current ? [current] : []), ...overlapping]
}

function byId<Token extends { readonly tokenId: string; readonly digest: string }>(tokens: readonly Token[]) {
  const known = new Map<string, Known<Token>>()
  for (const token of tokens) known.set(token.tokenId, { token, digest: Buffer.from(token.digest, 'hex') })
  return known
}

/** Compares the whole digest in constant time. */
function isSame({ digest }: ParsedToken, known: Known<unknown> | undefined): boolean {
  return timingSafeEqual(digest, known?.digest ?? nobody)
}

/** Why a token that is none of those that work is refused; only its bearer is told of a token's fate. */
function explain(client: string, parsed: ParsedToken, known: KnownTokens | undefined): Verdict {
  const ended = known?.ended.get(parsed.tokenId)
  if (isSame(parsed, ended) && ended) {
    const { why, endedAtMs } = ended.token
    return { kind: 'bad', why, endedAtMs }
  }
  if (isSame(parsed, known?.otherScope.get(parsed.tokenId))) return { kind: 'bad', why: 'otherScope' }
  return { kind: 'bad', why: isMarkedFor(parsed.tokenId, client) ? 'unknown' : 'otherClient' }
}
