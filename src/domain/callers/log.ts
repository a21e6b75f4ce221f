import { createHash } from 'node:crypto'
import type { Clock } from '../../lib/clock.ts'
import { obfuscateAddress } from '../../model/address.ts'
import { dayMs } from '../../model/limits.ts'
import type { Document, DocumentChange, DocumentStore } from '../../store/store.ts'
import type { Client } from '../clients/directory.ts'
import { bodyOf, change, listAll, put, removal } from '../documents.ts'

/** Where a call came from, and what it called. */
export interface CallPlace {
  readonly address: string
  readonly userAgent: string
  readonly endpoint: string
}

/** A caller that the switch would cut off, and how often it called in the last 24 hours. */
export interface Caller extends CallPlace {
  readonly calls: number
  readonly lastAtMs: number
}

/** The last use of a token. */
export interface TokenUse extends CallPlace {
  readonly atMs: number
}

/** A caller as it is kept: its calls by time, so that the oldest can be dropped. */
interface CallerRecord extends CallPlace {
  readonly callsByBucket: Readonly<Record<string, number>>
  readonly lastAtMs: number
}

/** The last use of a token, as far as it is not written yet. */
interface NotedUse {
  readonly client: string
  readonly tokenId: string
  readonly place: CallPlace
  atMs: number
}

interface Pending {
  readonly place: CallPlace
  readonly callsByBucket: Map<number, number>
  lastAtMs: number
}

const callerCollection = 'callers'
const useCollection = 'token-uses'
export const callerCollections = [callerCollection, useCollection]

/** Callers that are kept for a client; past it those that called longest ago go. @source issue: tokens */
const callersMax = 1_000

/** Least time between two writes of one token's last use, ms. */
const useEveryMs = 60_000

/** Calls are counted by ten minutes; those of the last 24 hours are the one under way and 143 before it. */
const bucketMs = 600_000
const bucketsKept = 144
const userAgentCharsMax = 200

/**
 * Notes who calls: which callers would be refused if the client demanded a token, and who used a
 * token last. Noting costs a look into a map; `flush` writes, off the way of any request.
 */
export class CallerLog {
  readonly #documents: DocumentStore
  readonly #clock: Clock
  #callers = new Map<string, Map<string, Pending>>()
  readonly #uses = new Map<string, NotedUse>()
  readonly #useWrittenAtMs = new Map<string, number>()

  constructor(documents: DocumentStore, clock: Clock) {
    this.#documents = documents
    this.#clock = clock
  }

  /** Notes a call without a good token to a client that does not demand one. */
  noteUnauthorized(client: Client, place: CallPlace): void {
    const nowMs = this.#clock.nowMs()
    const kept = placeFor(client, place)
    const key = `${kept.address}\n${kept.userAgent}\n${kept.endpoint}`
    const callers = this.#callers.get(client.code) ?? new Map<string, Pending>()
    this.#callers.set(client.code, callers)
    let pending = callers.get(key)
    if (pending === undefined) {
      if (callers.size >= callersMax) return
      pending = { place: kept, callsByBucket: new Map(), lastAtMs: nowMs }
      callers.set(key, pending)
    }
    const bucket = Math.floor(nowMs / bucketMs)
    pending.callsByBucket.set(bucket, (pending.callsByBucket.get(bucket) ?? 0) + 1)
    pending.lastAtMs = nowMs
  }

  /** Notes a call with a good token. */
  noteUse(client: Client, tokenId: string, place: CallPlace): void {
    const kept = placeFor(client, place)
    const atMs = this.#clock.nowMs()
    const noted = this.#uses.get(tokenId)
    if (noted?.client === client.code && isSamePlace(noted.place, kept)) noted.atMs = atMs
    else this.#uses.set(tokenId, { client: client.code, tokenId, place: kept, atMs })
  }

  /** Writes what was noted; a token's last use at most once a minute, unless `everything` is asked for. */
  async flush({ everything }: { everything: boolean }): Promise<void> {
    const callers = this.#callers
    this.#callers = new Map()
    for (const [client, pending] of callers) await this.#writeCallers(client, [...pending.values()])
    for (const key of this.#uses.keys()) await this.#writeUse(key, everything)
  }

  /** Lists the callers of the last 24 hours that the switch would cut off, the latest first. */
  async list(client: string): Promise<Caller[]> {
    const nowMs = this.#clock.nowMs()
    const callers: Caller[] = []
    for await (const document of listAll(this.#documents, {
      partition: client,
      collection: callerCollection,
    })) {
      const record = bodyOf<CallerRecord>(document)
      if (record === undefined) continue
      const { address, userAgent, endpoint, lastAtMs } = record
      const calls = Object.values(recentBuckets(record.callsByBucket, nowMs)).reduce((sum, n) => sum + n, 0)
      if (calls > 0) callers.push({ address, userAgent, endpoint, calls, lastAtMs })
    }
    return callers.toSorted((a, b) => b.lastAtMs - a.lastAtMs).slice(0, callersMax)
  }

  /** Reads who used a token last, as far as it is written or noted here. */
  async lastUse(client: string, tokenId: string): Promise<TokenUse | undefined> {
    const noted = this.#uses.get(tokenId)
    if (noted?.client === client) return { ...noted.place, atMs: noted.atMs }
    return bodyOf<TokenUse>(await this.#documents.get(client, useCollection, tokenId))
  }

  async #writeCallers(client: string, pending: readonly Pending[]) {
    let isNew = false
    for (const noted of pending) {
      const id = idOf(noted.place)
      await change(this.#documents, client, async () => {
        const document = await this.#documents.get(client, callerCollection, id)
        isNew ||= document === undefined
        const body = addCalls(bodyOf<CallerRecord>(document), noted, this.#clock.nowMs())
        return { changes: [put(callerCollection, id, { document, body })], result: undefined }
      })
    }
    if (isNew) await this.#trim(client)
  }

  /** Drops callers that have not called for a day, and the oldest beyond the limit. */
  async #trim(client: string) {
    const since = this.#clock.nowMs() - dayMs
    const documents: Document[] = []
    for await (const document of listAll(this.#documents, {
      partition: client,
      collection: callerCollection,
    })) {
      documents.push(document)
    }
    const byAge = documents.toSorted((a, b) => calledAtMs(b) - calledAtMs(a))
    const gone = byAge.filter((document, index) => index >= callersMax || calledAtMs(document) < since)
    const changes: DocumentChange[] = gone.map((document) => removal(callerCollection, document))
    // One that called again in between stays until the next time.
    if (changes.length > 0) await this.#documents.commit(client, changes)
  }

  async #writeUse(key: string, everything: boolean) {
    const noted = this.#uses.get(key)
    const nowMs = this.#clock.nowMs()
    const writtenAtMs = this.#useWrittenAtMs.get(key) ?? -Infinity
    if (noted === undefined || (!everything && nowMs - writtenAtMs < useEveryMs)) return
    const { client, tokenId, place, atMs } = noted
    const use: TokenUse = { ...place, atMs }
    await change(this.#documents, client, async () => {
      const document = await this.#documents.get(client, useCollection, tokenId)
      const isLater = (bodyOf<TokenUse>(document)?.atMs ?? 0) < use.atMs
      return {
        changes: isLater ? [put(useCollection, tokenId, { document, body: use })] : [],
        result: undefined,
      }
    })
    this.#useWrittenAtMs.set(key, nowMs)
    // One that was used again meanwhile is to be written again.
    if (this.#uses.get(key) === noted && noted.atMs === atMs) this.#uses.delete(key)
  }
}

function calledAtMs(document: Document): number {
  return bodyOf<CallerRecord>(document)?.lastAtMs ?? 0
}

function isSamePlace(a: CallPlace, b: CallPlace): boolean {
  return a.address === b.address && a.userAgent === b.userAgent && a.endpoint === b.endpoint
}

function placeFor({ ipObfuscation }: Client, { address, userAgent, endpoint }: CallPlace): CallPlace {
  return {
    address: obfuscateAddress(address, ipObfuscation),
    userAgent: userAgent.slice(0, userAgentCharsMax),
    endpoint,
  }
}

function idOf({ address, userAgent, endpoint }: CallPlace): string {
  return createHash('sha256').update(`${address}\n${userAgent}\n${endpoint}`).digest('hex').slice(0, 32)
}

function addCalls(record: CallerRecord | undefined, noted: Pending, nowMs: number): CallerRecord {
  const callsByBucket: Record<string, number> = { ...recentBuckets(record?.callsByBucket ?? {}, nowMs) }
  for (const [bucket, calls] of noted.callsByBucket) {
    callsByBucket[bucket] = (callsByBucket[bucket] ?? 0) + calls
  }
  return { ...noted.place, callsByBucket, lastAtMs: Math.max(record?.lastAtMs ?? 0, noted.lastAtMs) }
}

function recentBuckets(
  callsByBucket: Readonly<Record<string, number>>,
  nowMs: number,
): Readonly<Record<string, number>> {
  const first = Math.floor(nowMs / bucketMs) - bucketsKept + 1
  return Object.fromEntries(Object.entries(callsByBucket).filter(([bucket]) => Number(bucket) >= first))
}
