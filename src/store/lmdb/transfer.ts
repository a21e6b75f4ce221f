import { readPieces } from '../../lib/pieces.ts'
import { failedRowsName, noProgress, type Batch } from '../../model/batch.ts'
import { isGrave, isLive } from '../../model/profile.ts'
import type { VisitorId } from '../../model/visitor-id.ts'
import type { Page, PageOptions, Spool, StoredDocument, StoredProfile, Transfer } from '../store.ts'
import type { LmdbBatches } from './batches.ts'
import { ByteReader } from './bytes.ts'
import { fromJson, textKey, toJson, type Environment } from './environment.ts'
import { clientCodes, Dictionary } from './names.ts'
import { idOf } from './profile-keys.ts'
import { ProfileEngine } from './profiles.ts'
import { decodeProfile, profileTag } from './record.ts'

/** Lists and puts records in the order of their keys, a page to a snapshot or transaction. */
export class LmdbTransfer implements Transfer {
  readonly #environment: Environment
  readonly #batches: LmdbBatches
  readonly #spool: Spool
  readonly #engine: ProfileEngine
  readonly #dictionary: Dictionary
  readonly #reader = new ByteReader()

  constructor(environment: Environment, batches: LmdbBatches, spool: Spool) {
    this.#environment = environment
    this.#batches = batches
    this.#spool = spool
    this.#engine = new ProfileEngine(environment)
    this.#dictionary = new Dictionary(environment, () => this.#reader.keep())
  }

  async listProfiles({ nowMs, ...options }: PageOptions & { nowMs: number }): Promise<Page<StoredProfile>> {
    const { entries, cursor } = this.#page(this.#environment.profiles, options)
    // Before the names are read that they may need.
    this.#dictionary.catchUp()
    const clients = clientCodes(this.#environment)
    const items = entries.flatMap(({ key, value }) => {
      const number = key.readUInt32BE(0)
      const client = clients.get(number)
      // What a removed client has left for the moment is nobody's.
      if (client === undefined || value[0] !== profileTag) return []
      this.#reader.open(value, 1, value.length)
      const profile = decodeProfile(this.#reader, idOf(key), this.#dictionary.names(number))
      return isLive(profile, nowMs) || isGrave(profile, nowMs) ? [{ client, profile }] : []
    })
    return { items, cursor }
  }

  async putProfiles(profiles: readonly StoredProfile[], nowMs: number): Promise<void> {
    await this.#change(() => profiles.forEach((profile) => this.#engine.put(profile, nowMs)))
  }

  async removeProfiles(client: string, chiefIds: readonly VisitorId[], nowMs: number): Promise<void> {
    await this.#change(() => chiefIds.forEach((id) => this.#engine.remove(client, id, nowMs)))
  }

  async putAttributeNames(client: string, names: readonly string[]): Promise<void> {
    await this.#change(() => this.#engine.noteNames(client, names))
  }

  async listDocuments(options: PageOptions): Promise<Page<StoredDocument>> {
    const { entries, cursor } = this.#page(this.#environment.documents, options)
    const items = entries.map(({ key, value }) => {
      const [partition = '', collection = ''] = key.toString().split('\0')
      return { partition, collection, document: fromJson<StoredDocument['document']>(value) }
    })
    return { items, cursor }
  }

  async putDocuments(partition: string, documents: readonly StoredDocument[]): Promise<void> {
    await this.#change(() => {
      for (const { collection, document } of documents)
        void this.#environment.documents.put(textKey(partition, collection, document.id), toJson(document))
    })
  }

  async listBatches(options: PageOptions): Promise<Page<Batch>> {
    const { entries, cursor } = this.#page(this.#environment.batches, options)
    return { items: entries.map(({ value }) => fromJson<Batch>(value)), cursor }
  }

  async readBatchText(batch: Batch): Promise<AsyncIterable<Uint8Array> | undefined> {
    const entry = await this.#spool.open(textName(batch))
    return entry && readPieces(entry)
  }

  async putBatch(batch: Batch, text: AsyncIterable<Uint8Array>): Promise<void> {
    const writer = await this.#spool.create(textName(batch))
    try {
      for await (const piece of text) await writer.write(piece)
      await writer.close()
    } catch (error) {
      await writer.discard()
      throw error
    }
    if (batch.completedAtMs === undefined) return this.#batches.put({ ...batch, progress: noProgress })
    await this.#batches.put(batch)
    await this.#spool.remove(batch.batchId)
  }

  async removeBatch(batch: Pick<Batch, 'client' | 'batchId' | 'acceptedAtMs'>): Promise<void> {
    await this.#batches.remove(batch)
    for (const name of [batch.batchId, failedRowsName(batch.batchId)]) await this.#spool.remove(name)
  }

  #page(database: Environment['documents'] | Environment['profiles'], { cursor, limit }: PageOptions) {
    this.#environment.refresh()
    const start = cursor === undefined ? undefined : Buffer.from(cursor, 'base64')
    const entries = Array.from(database.getRange({ ...(start && { start, exclusiveStart: true }), limit }))
    const last = entries.length < limit ? undefined : entries.at(-1)
    return { entries, cursor: last?.key.toString('base64') }
  }

  async #change(change: () => void): Promise<void> {
    try {
      await this.#environment.write(change)
    } catch (error) {
      this.#engine.forget()
      throw error
    }
  }
}

function textName({ batchId, completedAtMs }: Batch): string {
  return completedAtMs === undefined ? batchId : failedRowsName(batchId)
}
