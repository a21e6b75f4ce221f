import { rmSync } from 'node:fs'
import { open, type Database, type RootDatabase } from 'lmdb'
import { fileMode } from './directory.ts'
import { fromJson, makeDirectory, textKey, toJson } from './environment.ts'

/** Bytes of a digest. */
export const digestBytes = 16

/** Entries that are looked through of one snapshot. */
const entriesAtOnce = 5_000

/** A record that a pass has met, and what it held. */
export interface JournalEntry {
  readonly key: string
  readonly digest: Buffer
}

/**
 * What has been copied from one store to another: for each record a digest of what it held, and the
 * pass that met it last. With it a copy goes on after its process was killed, and a later pass writes
 * only what differs since.
 */
export class CopyJournal<State> {
  readonly #directory: string
  readonly #root: RootDatabase<Buffer, Buffer>
  readonly #records: Database<Buffer, Buffer>
  readonly #stateKey = Buffer.from('state')

  /** Opens it in a directory, making that if need be: it names visitors, so it is the owner's alone. */
  constructor(directory: string) {
    this.#directory = directory
    makeDirectory(directory)
    const options = {
      path: directory,
      noSubdir: false,
      maxDbs: 2,
      overlappingSync: false,
      keyEncoding: 'binary',
      encoding: 'binary',
      permissionsMode: fileMode,
    } as const
    this.#root = open<Buffer, Buffer>(options)
    this.#records = this.#root.openDB({ name: 'records', keyEncoding: 'binary', encoding: 'binary' })
  }

  /** How far the copy is; `undefined` before it began. */
  state(): State | undefined {
    const bytes = this.#root.get(this.#stateKey)
    return bytes && fromJson<State>(bytes)
  }

  /** Forgets all, what was copied to another target among it. */
  async begin(state: State): Promise<void> {
    await this.#records.clearAsync()
    await this.keep(state)
  }

  /** Tells of entries which are not as they were copied. */
  changed<Entry extends JournalEntry>(kind: string, entries: readonly Entry[]): Entry[] {
    return entries.filter(({ digest, key }) => {
      const known = this.#records.get(textKey(kind, key))
      return known === undefined || !known.subarray(4).equals(digest)
    })
  }

  /** Notes the state, and the entries that a pass has met and that are in the target. */
  async keep(state: State, met?: { kind: string; pass: number; entries: readonly JournalEntry[] }) {
    await this.#root.transaction(() => {
      void this.#root.put(this.#stateKey, toJson(state))
      for (const { digest, key } of met?.entries ?? []) {
        const value = Buffer.alloc(4 + digestBytes)
        value.writeUInt32BE(met?.pass ?? 0, 0)
        digest.copy(value, 4)
        void this.#records.put(textKey(met?.kind ?? '', key), value)
      }
    })
  }

  /** Lists keys that a pass has not met, some hundreds or thousands at a time. */
  *unmet(kind: string, pass: number): Generator<string[]> {
    const prefix = textKey(kind, '')
    let start = prefix
    for (;;) {
      const range = { start, end: Buffer.concat([prefix, Buffer.of(0xff)]), limit: entriesAtOnce }
      const entries = Array.from(this.#records.getRange(range))
      const last = entries.at(-1)
      if (last === undefined) return
      const gone = entries.filter(({ value }) => value.readUInt32BE(0) !== pass)
      if (gone.length > 0) yield gone.map(({ key }) => key.toString('utf8', prefix.length))
      start = Buffer.concat([last.key, Buffer.of(0)])
    }
  }

  async forget(kind: string, keys: readonly string[]): Promise<void> {
    await this.#root.transaction(() => {
      for (const key of keys) void this.#records.remove(textKey(kind, key))
    })
  }

  close(): Promise<void> {
    return this.#root.close()
  }

  /** Closes it and removes its files. */
  async remove(): Promise<void> {
    await this.close()
    rmSync(this.#directory, { recursive: true, force: true })
  }
}
