import { planUpdate, type Plan } from '../../model/apply.ts'
import {
  chiefIdOf,
  isGrave,
  isLive,
  type Outcome,
  type Profile,
  type ProfileUpdate,
} from '../../model/profile.ts'
import { RowTally, RowUpdate, type RowOutcomes, type Rows } from '../../model/rows.ts'
import { planReplacement } from '../../model/replace.ts'
import { isSameId, type IdKind, type VisitorId } from '../../model/visitor-id.ts'
import type { ProfileStore, StoredProfile, Swept } from '../store.ts'
import { ByteReader, ByteWriter } from './bytes.ts'
import type { Environment } from './environment.ts'
import { Dictionary, rangeOf, type Names } from './names.ts'
import { decodeProfile, decodeView, encodeProfile, linkTag, readHead, readIds } from './record.ts'
import { idOf, keyOf, ScratchKeys } from './profile-keys.ts'
import { RowMerge, type SimpleKind } from './row-merge.ts'

/** Keys of a removed client that one transaction takes away; live writes wait for as long. */
const removedAtOnce = 5_000

/** Profiles in one database: under its key each profile, under every other id a link to that key. */
export function lmdbProfiles(environment: Environment): ProfileStore {
  const engine = new ProfileEngine(environment)
  const write = <T>(change: () => T): Promise<T> =>
    environment.write(change).catch((error: unknown) => {
      engine.forget()
      throw error
    })
  return {
    apply: (updates, nowMs) =>
      updates.length === 0 ? Promise.resolve([]) : write(() => engine.applyAll(updates, nowMs)),
    applyRows: async (rows, nowMs, onWritten) => {
      if (rows.length === 0) return new RowTally()
      return write(() => {
        const outcomes = engine.applyRows(rows, nowMs)
        onWritten?.()
        return outcomes
      })
    },
    get: async (client, id, nowMs) => engine.view(client, id, nowMs),
    attributeNames: async (client) => engine.attributeNames(client),
    removeClient: (client) => engine.removeClient(client),
    sweep: (options) => engine.sweep(options),
  }
}

/** One thread's way to the profiles; `apply`, `put` and `remove` run inside a write transaction. */
export class ProfileEngine {
  readonly #environment: Environment
  readonly #dictionary: Dictionary
  readonly #writer = new ByteWriter()
  readonly #reader = new ByteReader()
  readonly #rowMerge = new RowMerge(this.#writer, this.#reader)
  readonly #keys = new ScratchKeys()
  #snapshot = 0

  constructor(environment: Environment) {
    this.#environment = environment
    this.#dictionary = new Dictionary(environment, () => this.#reader.keep())
  }

  forget() {
    this.#dictionary.forget()
  }

  applyAll(updates: readonly ProfileUpdate[], nowMs: number): Outcome[] {
    this.#dictionary.catchUp()
    return updates.map((update) => this.apply(update, nowMs))
  }

  /** The same for rows, without an object for any of them. */
  applyRows(rows: Rows, nowMs: number): RowOutcomes {
    this.#dictionary.catchUp()
    const client = this.#dictionary.clientNumber(rows.client)
    const names = this.#dictionary.names(client)
    const tally = new RowTally()
    const update = new RowUpdate(rows)
    let isBehindAll = true
    for (let row = 0; row < rows.length; row++) {
      update.moveTo(row)
      const id = { bytes: rows.bytes, start: update.idStart, end: update.set.start }
      const key = this.#keys.copyOf(client, rows.idKind, id)
      isBehindAll = isBehindAll && this.#append(key, update, names)
      const kind = isBehindAll ? 'created' : this.#mergeSimple(key, update, names, nowMs)
      if (kind === undefined) tally.addOutcome(this.#applyGeneral(update, client, nowMs), update.line)
      else tally.add(kind, update.line, this.#rowMerge.bytes)
    }
    return tally
  }

  attributeNames(client: string): string[] {
    this.#refresh()
    const number = this.#dictionary.findClient(client)
    return number === 0 ? [] : this.#dictionary.names(number).all()
  }

  /** The client is gone with the first step; the space of its profiles is given back in the next ones. */
  async removeClient(client: string): Promise<void> {
    const { profiles, refresh, write } = this.#environment
    const number = await write(() => this.#dictionary.removeClient(client))
    if (number === 0) return
    for (;;) {
      refresh()
      const keys = Array.from(profiles.getKeys({ ...rangeOf(number), limit: removedAtOnce }))
      if (keys.length === 0) return
      await write(() => {
        for (const key of keys) void profiles.remove(key)
      })
    }
  }

  apply(update: ProfileUpdate, nowMs: number): Outcome {
    const client = this.#dictionary.clientNumber(update.client)
    if (RowMerge.covers(update)) {
      const outcome = this.#applySimple(update, client, nowMs)
      if (outcome) return outcome
    }
    return this.#applyGeneral(update, client, nowMs)
  }

  /** Makes a profile so, whatever its ids led to. */
  put({ client: code, profile }: StoredProfile, nowMs: number) {
    const client = this.#dictionary.clientNumber(code)
    const found = profile.ids.map((id) => this.#load(keyOf(client, id), nowMs))
    this.#carryOut(client, planReplacement(profile, found), found)
  }

  /** Removes the profile, or grave, that has this chief id. */
  remove(code: string, id: VisitorId, nowMs: number) {
    const client = this.#dictionary.findClient(code)
    const profile = client === 0 ? undefined : this.#load(keyOf(client, id), nowMs)
    const chief = profile && chiefIdOf(profile)
    if (chief && isSameId(chief, id)) this.#removeAll(client, profile)
  }

  noteNames(code: string, texts: readonly string[]) {
    const names = this.#dictionary.names(this.#dictionary.clientNumber(code))
    for (const text of texts) names.number(text)
  }

  view(client: string, id: VisitorId, nowMs: number) {
    this.#refresh()
    const number = this.#dictionary.findClient(client)
    if (number === 0) return undefined
    if (this.#seek(this.#keys.of(number, id)) === undefined) return undefined
    const head = readHead(this.#reader)
    return isLive(head, nowMs) ? decodeView(this.#reader, head, this.#dictionary.names(number)) : undefined
  }

  /** Makes reads see all commits so far, and the dictionary what other threads removed. */
  #refresh() {
    const snapshot = this.#environment.refresh()
    if (snapshot === this.#snapshot) return
    this.#snapshot = snapshot
    this.#dictionary.catchUp()
  }

  async sweep({ cursor, limit, nowMs }: Parameters<ProfileStore['sweep']>[0]): Promise<Swept> {
    const { profiles } = this.#environment
    this.#environment.refresh()
    const expired: Buffer[] = []
    let looked = 0
    let last: Buffer | undefined
    const start = cursor === undefined ? undefined : Buffer.from(cursor, 'base64')
    for (const { key, value } of profiles.getRange({
      ...(start && { start, exclusiveStart: true }),
      limit,
    })) {
      looked++
      last = key
      if (value[0] === linkTag) continue
      this.#reader.open(value, 1, value.length)
      const head = readHead(this.#reader)
      if (!isLive(head, nowMs) && !isGrave(head, nowMs)) expired.push(key)
    }
    if (expired.length > 0) {
      await this.#environment.write(() => {
        for (const key of expired) this.#load(key, nowMs)
      })
    }
    return { removed: expired.length, cursor: looked < limit ? undefined : last?.toString('base64') }
  }

  /** One id, values only. `undefined` when the update needs the general way after all. */
  #applySimple(update: ProfileUpdate, client: number, nowMs: number): Outcome | undefined {
    const key = this.#keys.of(client, firstId(update))
    const kind = this.#mergeSimple(key, update, this.#dictionary.names(client), nowMs)
    if (kind === undefined) return undefined
    const { bytes } = this.#rowMerge
    if (kind === 'refused') return { kind, reason: 'profile_too_large', bytes }
    return kind === 'not-found' ? { kind } : { kind, bytes }
  }

  #mergeSimple(named: Buffer, update: ProfileUpdate, names: Names, nowMs: number): SimpleKind | undefined {
    const key = this.#seek(named)
    this.#writer.reset()
    if (key === undefined) {
      const kind = this.#rowMerge.create(update, names)
      if (kind === 'created') this.#put(named)
      return kind
    }
    const head = readHead(this.#reader)
    if (!isLive(head, nowMs)) return undefined
    const kind = this.#rowMerge.merge(update, head, names)
    if (this.#rowMerge.hasRecord) this.#put(key)
    return kind
  }

  /**
   * Puts a new profile behind all keys of the database; false when it does not belong there.
   *
   * Rows come in the order of their keys. As long as each is behind all that is stored, it is new
   * and needs no look for its place.
   *
   * @source bench `batch`: a seventh less time into an empty store
   */
  #append(key: Buffer, update: ProfileUpdate, names: Names): boolean {
    this.#writer.reset()
    if (this.#rowMerge.create(update, names) !== 'created') return false
    return this.#environment.profiles.putSync(key, this.#written(), appended)
  }

  #applyGeneral(update: ProfileUpdate, client: number, nowMs: number): Outcome {
    const find = (kind: IdKind) => {
      const id = update.ids[kind]
      return id === undefined ? undefined : this.#load(keyOf(client, { kind, id }), nowMs)
    }
    const found = { tntId: find('tntId'), thirdPartyId: find('thirdPartyId'), ecid: find('ecid') }
    const plan = planUpdate(update, found, nowMs)
    if (plan.write || plan.shrink.length > 0) this.#carryOut(client, plan, Object.values(found))
    return plan.outcome
  }

  #carryOut(client: number, plan: Omit<Plan, 'outcome'>, found: readonly (Profile | undefined)[]) {
    const stored = [...plan.shrink, ...(plan.write ? [plan.write] : [])]
    if (plan.relinked) {
      for (const profile of found) if (profile) this.#removeAll(client, profile)
      for (const profile of stored) {
        const link = Buffer.concat([Buffer.of(linkTag), keyOf(client, profile.key)])
        for (const id of profile.ids) void this.#environment.profiles.put(keyOf(client, id), link)
      }
    }
    for (const profile of stored) {
      this.#writer.reset()
      encodeProfile(this.#writer, profile, this.#dictionary.names(client))
      this.#put(keyOf(client, profile.key))
    }
  }

  /** Loads the profile or grave that a key leads to; an expired one is removed with its links on the way. */
  #load(key: Buffer, nowMs: number): Profile | undefined {
    const own = this.#seek(key)
    if (own === undefined) return undefined
    const client = own.readUInt32BE(0)
    const start = this.#reader.position
    const head = readHead(this.#reader)
    if (isLive(head, nowMs) || isGrave(head, nowMs)) {
      this.#reader.position = start
      return decodeProfile(this.#reader, idOf(own), this.#dictionary.names(client))
    }
    this.#removeAll(client, { ids: [idOf(own), ...readIds(this.#reader)] })
    return undefined
  }

  #removeAll(client: number, profile: Pick<Profile, 'ids'>) {
    for (const id of profile.ids) void this.#environment.profiles.remove(keyOf(client, id))
  }

  /**
   * Puts the reader behind the tag of the profile that a key leads to.
   *
   * The reader's bytes last until the next read of the database.
   *
   * @returns the profile's own key, or `undefined` when there is none
   */
  #seek(key: Buffer): Buffer | undefined {
    const { profiles } = this.#environment
    let own = key
    let bytes = profiles.getBinaryFast(key)
    if (bytes?.[0] === linkTag) {
      own = Buffer.from(bytes.subarray(1, profiles.lastSize))
      bytes = profiles.getBinaryFast(own)
    }
    if (bytes === undefined) return undefined
    this.#reader.open(bytes, 1, profiles.lastSize)
    return own
  }

  #put(key: Buffer) {
    void this.#environment.profiles.put(key, this.#written())
  }

  /** The writer's bytes as a value to put. */
  #written(): Buffer {
    // lmdb takes `start` and `end` from a buffer that has them: making a view of the writer's bytes
    // would cost more than encoding them did.
    const value: Buffer & { start?: number; end?: number } = this.#writer.bytes
    value.start = 0
    value.end = this.#writer.length
    return value
  }
}

const appended = { append: true }

function firstId({ ids }: ProfileUpdate): VisitorId {
  if (ids.thirdPartyId !== undefined) return { kind: 'thirdPartyId', id: ids.thirdPartyId }
  if (ids.tntId !== undefined) return { kind: 'tntId', id: ids.tntId }
  return { kind: 'ecid', id: ids.ecid ?? '' }
}
