import type { Database } from 'lmdb'
import type { Batch } from '../../model/batch.ts'
import { allBatches, type Queued } from './batches.ts'
import { ByteReader } from './bytes.ts'
import { closeEnvironment, fromJson, openEnvironment, type Environment } from './environment.ts'
import { clientCodes, Dictionary } from './names.ts'
import { decodeProfile, linkTag, profileTag } from './record.ts'
import { idOf } from './profile-keys.ts'
import { readServer, type Holder } from './server-lock.ts'
import { lmdbSpool } from './spool.ts'

/** What is found by reading every record of a store. */
export interface StoreInspection {
  /** Who serves it, or did when it ended without giving it free. */
  readonly server: { readonly holder: Holder; readonly isAlive: boolean } | undefined
  readonly profiles: number
  /** Those that were read, of whatever kind. */
  readonly records: number
  readonly bytes: number
  /** Of those, in pages that hold nothing and are used again. */
  readonly freeBytes: number
  /** The latest time that a write or a batch bears, epoch ms; 0 in an empty store. */
  readonly latestAtMs: number
  /** Records that cannot be read or lead nowhere; the first of them in words. */
  readonly faults: { readonly count: number; readonly first: readonly string[] }
  /** Incomplete batches whose uploads are not there or have another length. */
  readonly uploadsDamaged: readonly string[]
}

/** Records that are read of one snapshot: a longer one would keep the server from using pages again. */
const recordsAtOnce = 5_000

const faultsTold = 10

type Bytes = Pick<Database<Buffer, Buffer>, 'getRange' | 'getStats'>

/**
 * Looks through a store, served or not, and changes nothing.
 *
 * @param everyRecord reads them all, about 400,000 a second; else only those of batches are looked at
 */
export async function inspectLmdb(
  directory: string,
  { everyRecord }: { everyRecord: boolean },
): Promise<StoreInspection> {
  const environment = openEnvironment(directory, { as: 'reader' })
  try {
    const inspector = new Inspector(environment)
    await inspector.read({ everyRecord })
    const uploadsDamaged = await findDamagedUploads(environment)
    return { ...inspector.found(), ...measure(environment), server: readServer(environment), uploadsDamaged }
  } finally {
    await closeEnvironment(environment)
  }
}

class Inspector {
  readonly #environment: Environment
  readonly #dictionary: Dictionary
  readonly #reader = new ByteReader()
  /** Clients by their numbers; records of others are what a removed client has left for the moment. */
  #clients: ReadonlySet<number> = new Set()
  readonly #first: string[] = []
  #faults = 0
  #profiles = 0
  #records = 0
  #latestAtMs = 0

  constructor(environment: Environment) {
    this.#environment = environment
    this.#dictionary = new Dictionary(environment, () => this.#reader.keep())
  }

  async read({ everyRecord }: { everyRecord: boolean }) {
    const { profiles, names, documents, batches, queue, refused } = this.#environment
    if (everyRecord) {
      this.#clients = new Set(clientCodes(this.#environment).keys())
      await this.#each('profiles', profiles, (key, value) => this.#readProfile(key, value))
      await this.#each('names', names, () => {})
    }
    await this.#each('documents', documents, (_, value) => void fromJson(value))
    await this.#each('batches', batches, (_, value) => this.#readBatch(fromJson<Batch>(value)))
    await this.#each('refused', refused, (_, value) => void fromJson(value))
    await this.#each('queue', queue, (_, value) => this.#readQueued(fromJson<Queued>(value)))
  }

  found() {
    return {
      profiles: this.#profiles,
      records: this.#records,
      latestAtMs: this.#latestAtMs,
      faults: { count: this.#faults, first: this.#first },
    }
  }

  #readProfile(key: Buffer, value: Buffer) {
    const client = key.readUInt32BE(0)
    if (!this.#clients.has(client)) return
    if (value[0] === linkTag) {
      const target = this.#environment.profiles.get(value.subarray(1))
      if (target?.[0] !== profileTag) throw new Error('it leads to no profile')
      return
    }
    if (value[0] !== profileTag) throw new Error(`it begins with ${value[0]}`)
    this.#reader.open(value, 1, value.length)
    const { writtenAtMs } = decodeProfile(this.#reader, idOf(key), this.#dictionary.names(client))
    if (this.#reader.position !== value.length) throw new Error('its length is wrong')
    this.#profiles++
    this.#latestAtMs = Math.max(this.#latestAtMs, writtenAtMs)
  }

  #readBatch({ acceptedAtMs, completedAtMs = 0 }: Batch) {
    this.#latestAtMs = Math.max(this.#latestAtMs, acceptedAtMs, completedAtMs)
  }

  #readQueued({ client, batchId }: Queued) {
    const batch = this.#environment.batches.get(Buffer.from(`${client}\0${batchId}`))
    if (batch === undefined) throw new Error('its batch is not there')
  }

  async #each(name: string, database: Bytes, read: (key: Buffer, value: Buffer) => void) {
    let start: Buffer | undefined
    for (;;) {
      this.#environment.refresh()
      const range = { ...(start && { start, exclusiveStart: true }), limit: recordsAtOnce }
      const page = Array.from(database.getRange(range))
      for (const { key, value } of page) this.#tryTo(name, key, () => read(key, value))
      if (page.length < recordsAtOnce) return
      start = page.at(-1)?.key
      // Signals are heard in between.
      await nextRun()
    }
  }

  #tryTo(name: string, key: Buffer, read: () => void) {
    this.#records++
    try {
      read()
    } catch (error) {
      this.#faults++
      // The key itself would name a visitor.
      const place = `${name}, record ${this.#records} (key of ${key.length} bytes)`
      const reason = error instanceof Error ? error.message : String(error)
      if (this.#first.length < faultsTold) this.#first.push(`${place}: ${reason}`)
    }
  }
}

/** Until then reads see the same snapshot. */
function nextRun(): Promise<void> {
  return new Promise((resolve) => void setImmediate(resolve))
}

async function findDamagedUploads(environment: Environment): Promise<string[]> {
  const spool = await lmdbSpool(environment.directory, { as: 'reader' })
  const damaged: string[] = []
  environment.refresh()
  for (const { batchId, bytes, client } of allBatches(environment).filter(isIncomplete)) {
    const upload = await spool.open(batchId)
    const size = upload?.size
    upload?.close()
    if (size === bytes) continue
    // It may have become complete, and lost its upload, since the list was made.
    await nextRun()
    environment.refresh()
    const now = environment.batches.get(Buffer.from(`${client}\0${batchId}`))
    if (now && isIncomplete(fromJson<Batch>(now))) damaged.push(batchId)
  }
  return damaged
}

function isIncomplete({ completedAtMs }: Batch): boolean {
  return completedAtMs === undefined
}

interface TreeStats {
  readonly pageSize: number
  readonly treeBranchPageCount: number
  readonly treeLeafPageCount: number
  readonly overflowPages: number
  readonly lastPageNumber: number
  readonly root: TreeStats
  readonly free: TreeStats
}

/** Pages 0 and 1 are LMDB's own. */
const metaPages = 2

function measure(environment: Environment): { bytes: number; freeBytes: number } {
  const { root, meta, profiles, names, documents, batches, queue, refused } = environment
  const all = statsOf(root)
  const trees = [meta, profiles, names, documents, batches, queue, refused].map(statsOf)
  const used = [...trees, all.root, all.free].reduce((sum, tree) => sum + pagesOf(tree), metaPages)
  const pages = all.lastPageNumber + 1
  return { bytes: pages * all.pageSize, freeBytes: Math.max(0, pages - used) * all.pageSize }
}

function statsOf(database: Bytes): TreeStats {
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- lmdb's own types say no more than `{}`
  return database.getStats() as TreeStats
}

function pagesOf({ treeBranchPageCount, treeLeafPageCount, overflowPages }: TreeStats): number {
  return treeBranchPageCount + treeLeafPageCount + overflowPages
}
