import { ownText } from '../../lib/text.ts'
import type { Environment } from './environment.ts'

/** Names that a client may have numbers for; later ones stand in each record in full. */
const numberedNamesMax = 65_535

/**
 * The attribute names of one client, numbered from 1 in the order of their first write.
 *
 * A record holds the number (one or two bytes) instead of the name. Numbers are given inside write
 * transactions only and never change, so each thread may remember them.
 */
export class Names {
  readonly #environment: Environment
  readonly #clientNumber: number
  readonly #beforeRead: () => void
  readonly #texts: string[] = ['']
  readonly #bytes: number[] = [0]
  readonly #numbers = new Map<string, number>()
  /** Numbers of the list of names that was asked for last: a batch's rows all share one. */
  #list: readonly string[] = []
  #listNumbers = new Int32Array(16)

  constructor(environment: Environment, clientNumber: number, beforeRead: () => void) {
    this.#environment = environment
    this.#clientNumber = clientNumber
    this.#beforeRead = beforeRead
  }

  /** The name with this number, which some record holds. */
  text(number: number): string {
    if (number >= this.#texts.length) this.#load()
    const text = this.#texts[number]
    if (text === undefined)
      throw new Error(`attribute name ${number} of client ${this.#clientNumber} is not there`)
    return text
  }

  /** UTF-8 bytes of the name with this number. */
  byteLength(number: number): number {
    if (number >= this.#bytes.length) this.#load()
    return this.#bytes[number] ?? 0
  }

  /** The number of a name, or 0 when it has none. */
  find(name: string): number {
    const known = this.#numbers.get(name)
    if (known !== undefined) return known
    this.#load()
    return this.#numbers.get(name) ?? 0
  }

  /** The number of a name, given now if need be; 0 when there are no more. In a write transaction only. */
  number(name: string): number {
    const known = this.find(name)
    const next = this.#texts.length
    if (known !== 0 || next > numberedNamesMax) return known
    void this.#environment.names.put(this.#key(next), Buffer.from(name))
    // The name may be a piece of a whole query, which would stay with it.
    this.#remember(ownText(name))
    return next
  }

  /** All names that have a number. */
  all(): string[] {
    this.#load()
    return this.#texts.slice(1)
  }

  /** The number of one name of a list, or 0 when it has none; lists do not change. */
  numberIn(list: readonly string[], index: number): number {
    if (list !== this.#list) this.#takeList(list)
    const known = this.#listNumbers[index]!
    return known === 0 ? (this.#listNumbers[index] = this.find(list[index]!)) : known
  }

  #takeList(list: readonly string[]) {
    this.#list = list
    if (list.length > this.#listNumbers.length) this.#listNumbers = new Int32Array(list.length * 2)
    else this.#listNumbers.fill(0, 0, list.length)
  }

  #remember(name: string) {
    this.#numbers.set(name, this.#texts.length)
    this.#texts.push(name)
    this.#bytes.push(Buffer.byteLength(name))
  }

  /** Takes in the names that other threads have added. */
  #load() {
    this.#beforeRead()
    for (;;) {
      const name = this.#environment.names.get(this.#key(this.#texts.length))
      if (name === undefined) return
      this.#remember(name.toString())
    }
  }

  #key(number: number): Buffer {
    const key = Buffer.allocUnsafe(8)
    key.writeUInt32BE(this.#clientNumber, 0)
    key.writeUInt32BE(number, 4)
    return key
  }
}

/** Numbers of clients and their names, as one thread knows them. */
export class Dictionary {
  readonly #environment: Environment
  readonly #numbers = new Map<string, number>()
  readonly #beforeRead: () => void
  readonly #names = new Map<number, Names>()

  #removals = 0

  /** @param beforeRead called before names are read: lmdb then takes back the bytes it lent last */
  constructor(environment: Environment, beforeRead: () => void) {
    this.#environment = environment
    this.#beforeRead = beforeRead
  }

  /** The number that stands for a client in keys; 0 when nothing of it was ever stored. */
  findClient(client: string): number {
    const known = this.#numbers.get(client)
    if (known !== undefined) return known
    const stored = this.#environment.meta.get(clientKey(client))
    if (stored === undefined) return 0
    this.#numbers.set(client, stored.readUInt32BE(0))
    return stored.readUInt32BE(0)
  }

  /** The same, given now if need be. In a write transaction only. */
  clientNumber(client: string): number {
    const known = this.findClient(client)
    if (known !== 0) return known
    const next = (this.#environment.meta.get(clientCountKey)?.readUInt32BE(0) ?? 0) + 1
    const bytes = Buffer.alloc(4)
    bytes.writeUInt32BE(next, 0)
    void this.#environment.meta.put(clientCountKey, bytes)
    void this.#environment.meta.put(clientKey(client), bytes)
    this.#numbers.set(client, next)
    return next
  }

  /**
   * Forgets a client, so that it gets another number when it is written again.
   *
   * @returns the number that it had. In a write transaction only.
   */
  removeClient(client: string): number {
    const { meta, names } = this.#environment
    const number = this.findClient(client)
    if (number === 0) return 0
    void meta.remove(clientKey(client))
    const bytes = Buffer.alloc(4)
    bytes.writeUInt32BE((meta.get(removalCountKey)?.readUInt32BE(0) ?? 0) + 1, 0)
    void meta.put(removalCountKey, bytes)
    for (const key of Array.from(names.getKeys(rangeOf(number)))) void names.remove(key)
    this.forget()
    return number
  }

  /** Forgets what is remembered, when another thread has removed a client since. */
  catchUp() {
    const removals = this.#environment.meta.get(removalCountKey)?.readUInt32BE(0) ?? 0
    if (removals === this.#removals) return
    this.#removals = removals
    this.forget()
  }

  names(clientNumber: number): Names {
    let names = this.#names.get(clientNumber)
    if (names === undefined) {
      names = new Names(this.#environment, clientNumber, this.#beforeRead)
      this.#names.set(clientNumber, names)
    }
    return names
  }

  /** Forgets everything remembered: after a failed commit some of it may not be stored. */
  forget() {
    this.#numbers.clear()
    this.#names.clear()
  }
}

const removalCountKey = Buffer.from('clients-removed')

/** The keys that begin with a client's number. */
export function rangeOf(clientNumber: number): { start: Buffer; end: Buffer } {
  const start = Buffer.alloc(4)
  start.writeUInt32BE(clientNumber, 0)
  const end = Buffer.alloc(4)
  end.writeUInt32BE(clientNumber + 1, 0)
  return { start, end }
}

const clientCountKey = Buffer.from('clients')
const clientPrefix = 'client:'

function clientKey(client: string): Buffer {
  return Buffer.from(clientPrefix + client)
}

/** The codes of clients by the numbers that stand for them in keys. */
export function clientCodes({ meta }: Environment): ReadonlyMap<number, string> {
  const codes = new Map<number, string>()
  for (const { key, value } of meta.getRange({ start: Buffer.from(clientPrefix) })) {
    const text = key.toString()
    if (!text.startsWith(clientPrefix)) break
    codes.set(value.readUInt32BE(0), text.slice(clientPrefix.length))
  }
  return codes
}
