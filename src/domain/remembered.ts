import type { Clock } from '../lib/clock.ts'
import type { DocumentStore } from '../store/store.ts'

/** How long a change made by another process may go unseen, ms. @source decisions.md §6 */
const freshMs = 500

/** How long what was read last still counts while the store cannot be reached, ms. @source decisions.md §6 */
const staleMs = 10_000

/** Keys that may be remembered, found or not; past it the memory starts anew. */
const rememberedMax = 10_000

interface Read {
  readonly readAtMs: number
  /** Of all control records, before it was read. */
  readonly version: number | undefined
}

interface Entry<Value> extends Read {
  readonly value: Value | undefined
}

/** A read that is under way: who wants the same meanwhile waits for it. */
interface Reading<Value> extends Read {
  readonly changes: number
  readonly value: Promise<Value | undefined>
}

/**
 * Reads of control records that every call would make again, remembered for half a second; where the
 * store tells their version, until any of them is changed, by whichever process.
 */
export class Remembered<Value> {
  readonly #clock: Clock
  readonly #documents: DocumentStore
  readonly #read: (key: string) => Promise<Value | undefined>
  readonly #entries = new Map<string, Entry<Value>>()
  readonly #readings = new Map<string, Reading<Value>>()
  /** Grows with each change made here, so that a read begun before it is not remembered. */
  #changes = 0

  constructor(
    { clock, documents }: { clock: Clock; documents: DocumentStore },
    read: (key: string) => Promise<Value | undefined>,
  ) {
    this.#clock = clock
    this.#documents = documents
    this.#read = read
  }

  /**
   * Reads a value, or returns it as remembered.
   *
   * When the store fails, a value found no longer than 10 s ago is returned.
   *
   * @throws what the store throws, when nothing of that kind is remembered
   */
  async get(key: string): Promise<Value | undefined> {
    const nowMs = this.#clock.nowMs()
    const entry = this.#entries.get(key)
    if (entry && this.#isFresh(entry, nowMs)) return entry.value
    try {
      return await this.#readOnce(key, nowMs)
    } catch (error) {
      if (entry?.value !== undefined && nowMs - entry.readAtMs < staleMs) return entry.value
      throw error
    }
  }

  #readOnce(key: string, nowMs: number): Promise<Value | undefined> {
    const known = this.#readings.get(key)
    if (known?.changes === this.#changes && this.#isFresh(known, nowMs)) return known.value
    const facts = { readAtMs: nowMs, version: this.#documents.version?.(), changes: this.#changes }
    const reading = { ...facts, value: this.#readAnew(key, facts) }
    this.#readings.set(key, reading)
    const end = () => void (this.#readings.get(key) === reading && this.#readings.delete(key))
    reading.value.then(end, end)
    return reading.value
  }

  async #readAnew(key: string, { changes, ...read }: Omit<Reading<Value>, 'value'>) {
    const value = await this.#read(key)
    if (changes === this.#changes) this.#keep(key, { value, ...read })
    return value
  }

  /** The value as remembered; `undefined` when it has to be read. */
  peek(key: string): Value | undefined {
    const entry = this.#entries.get(key)
    return entry && this.#isFresh(entry, this.#clock.nowMs()) ? entry.value : undefined
  }

  #isFresh({ version, readAtMs }: Read, nowMs: number): boolean {
    if (version !== undefined) return version === this.#documents.version?.()
    return nowMs - readAtMs < freshMs
  }

  forget(key: string): void {
    this.#changes++
    this.#entries.delete(key)
  }

  clear(): void {
    this.#changes++
    this.#entries.clear()
  }

  #keep(key: string, entry: Entry<Value>) {
    if (this.#entries.size >= rememberedMax) this.#entries.clear()
    this.#entries.set(key, entry)
  }
}
