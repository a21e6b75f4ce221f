import { createHash, randomBytes } from 'node:crypto'
import type { Clock } from '../../lib/clock.ts'
import { dayMs } from '../../model/limits.ts'
import type { Document, DocumentStore } from '../../store/store.ts'
import { bodyOf, change, listAll, put, removal } from '../documents.ts'
import { Remembered } from '../remembered.ts'
import { userId, type People, type User } from './people.ts'

/** A session ends so long after its last use, ms. @source issue: accounts and roles */
export const sessionIdleMs = 12 * 3_600_000

/** A session ends so long after its start, however much it is used, ms. */
export const sessionLifeMs = 30 * dayMs

/** A use is written so long after the one written before, ms: most requests write nothing. */
const renewEveryMs = 300_000

/** Sessions that a person has at the same time; one more ends the one used longest ago. */
export const sessionsMax = 50

/** Sessions lie in a partition of their own: signing in waits for no change of an account. */
export const sessionPartition = '*sessions'
const sessionCollection = 'sessions'
const returnCollection = 'sso-returns'

/** A session as it is stored, under the digest of its token. */
interface SessionRecord {
  readonly user: string
  /** The person's at the start of the session: when theirs is another, the session has ended. */
  readonly generation: string | undefined
  readonly startedAtMs: number
  readonly usedAtMs: number
}

/** A session that goes on, and whose it is. */
export interface Session {
  readonly token: string
  readonly user: User
  readonly expiresAtMs: number
}

/** A token begins with what its person's sessions have in common, so that they are found together. */
const tokenPattern = /^([0-9a-f]{16})[\w-]{43}$/

/**
 * Who is signed in. A session is a record of the store, so that every node knows it, and ends on all
 * of them within a second: with the record, or with the generation of the person's sessions.
 *
 * Only a digest of its token is stored: who reads the store can sign in as nobody.
 */
export class Sessions {
  readonly #documents: DocumentStore
  readonly #clock: Clock
  readonly #people: People
  readonly #records: Remembered<SessionRecord>

  constructor(documents: DocumentStore, clock: Clock, people: People) {
    this.#documents = documents
    this.#clock = clock
    this.#people = people
    this.#records = new Remembered({ clock, documents }, async (id) =>
      bodyOf<SessionRecord>(await documents.get(sessionPartition, sessionCollection, id)),
    )
  }

  /** Begins a session under a token that nobody has seen. */
  async begin(user: User): Promise<Session> {
    const token = ownerOf(user) + randomBytes(32).toString('base64url')
    const nowMs = this.#clock.nowMs()
    const record: SessionRecord = {
      user: userId(user.email),
      generation: user.generation,
      startedAtMs: nowMs,
      usedAtMs: nowMs,
    }
    const id = idOf(token)
    await this.#makeRoom(user)
    await this.#documents.commit(sessionPartition, [
      { kind: 'insert', collection: sessionCollection, id, body: record },
    ])
    this.#records.forget(id)
    return { token, user, expiresAtMs: endOf(record) }
  }

  /** Finds the session of a token, and takes that for a use of it. */
  async find(token: string): Promise<Session | undefined> {
    if (!tokenPattern.test(token)) return undefined
    const id = idOf(token)
    const record = await this.#records.get(id)
    const user = record && (await this.#people.get(record.user))
    if (!record || !user || !isGood(record, user, this.#clock.nowMs())) return undefined
    return { token, user, expiresAtMs: endOf(await this.#renewed(id, record)) }
  }

  /** Ends a session; of one that has ended nothing happens. */
  async end(token: string): Promise<void> {
    if (!tokenPattern.test(token)) return
    const id = idOf(token)
    await change(this.#documents, sessionPartition, async () => {
      const document = await this.#documents.get(sessionPartition, sessionCollection, id)
      return { changes: document ? [removal(sessionCollection, document)] : [], result: undefined }
    })
    this.#records.forget(id)
  }

  /**
   * Notes that somebody came back from single sign-on with this state.
   *
   * @returns false when that happened before
   */
  takeReturn(state: string): Promise<boolean> {
    const body = { atMs: this.#clock.nowMs() }
    return this.#documents.commit(sessionPartition, [
      { kind: 'insert', collection: returnCollection, id: digestOf(state), body },
    ])
  }

  /** Removes the records of sessions that have ended by themselves, and of old returns. */
  async sweep(): Promise<void> {
    const nowMs = this.#clock.nowMs()
    const partition = sessionPartition
    for await (const document of listAll(this.#documents, { partition, collection: sessionCollection })) {
      const record = bodyOf<SessionRecord>(document)
      const user = record && (await this.#people.get(record.user))
      if (record && user && isGood(record, user, nowMs)) continue
      // One that was used in between is looked at the next time.
      await this.#documents.commit(partition, [removal(sessionCollection, document)])
    }
    for await (const document of listAll(this.#documents, { partition, collection: returnCollection })) {
      if (nowMs - (bodyOf<{ atMs: number }>(document)?.atMs ?? 0) < dayMs) continue
      await this.#documents.commit(partition, [removal(returnCollection, document)])
    }
  }

  /** Ends those used longest ago, so that one more is within the limit; two that come at once may pass it. */
  async #makeRoom(user: User): Promise<void> {
    const options = { prefix: `${ownerOf(user)}/`, limit: 2 * sessionsMax }
    const held = await this.#documents.list(sessionPartition, sessionCollection, options)
    const byUse = held.toSorted((a, b) => usedAtMsOf(b) - usedAtMsOf(a))
    for (const document of byUse.slice(sessionsMax - 1)) {
      await this.#documents.commit(sessionPartition, [removal(sessionCollection, document)])
      this.#records.forget(document.id)
    }
  }

  async #renewed(id: string, known: SessionRecord): Promise<SessionRecord> {
    const usedAtMs = this.#clock.nowMs()
    if (usedAtMs - known.usedAtMs < renewEveryMs) return known
    const document = await this.#documents.get(sessionPartition, sessionCollection, id)
    const stored = bodyOf<SessionRecord>(document)
    // It ended just now; who found it before was still in time.
    if (stored === undefined) return known
    const body = { ...stored, usedAtMs: Math.max(usedAtMs, stored.usedAtMs) }
    // When another request came in between, that one has renewed it, or ended it.
    await this.#documents.commit(sessionPartition, [put(sessionCollection, id, { document, body })])
    this.#records.forget(id)
    return body
  }
}

function isGood(record: SessionRecord, user: User, nowMs: number): boolean {
  return nowMs < endOf(record) && record.generation === user.generation
}

function endOf({ startedAtMs, usedAtMs }: SessionRecord): number {
  return Math.min(usedAtMs + sessionIdleMs, startedAtMs + sessionLifeMs)
}

function usedAtMsOf(document: Document): number {
  return bodyOf<SessionRecord>(document)?.usedAtMs ?? 0
}

/** What the ids and tokens of a person's sessions begin with. */
function ownerOf({ email }: User): string {
  return digestOf(userId(email)).slice(0, 16)
}

/** Tokens are random, so that a fast digest is enough. */
function idOf(token: string): string {
  return `${token.slice(0, 16)}/${digestOf(token)}`
}

function digestOf(text: string): string {
  return createHash('sha256').update(text).digest('hex')
}
