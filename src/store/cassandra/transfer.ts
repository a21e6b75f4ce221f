import { mapConcurrently } from '../../lib/pool.ts'
import { failedRowsName, noProgress, type Batch } from '../../model/batch.ts'
import { chiefIdOf, isGrave, isLive, type Profile } from '../../model/profile.ts'
import { planReplacement } from '../../model/replace.ts'
import { isSameId, type VisitorId } from '../../model/visitor-id.ts'
import type { Page, PageOptions, StoredDocument, StoredProfile, Transfer } from '../store.ts'
import type { BatchList } from './batches.ts'
import { idOf, readLead, textOf } from './cells.ts'
import { blobOf } from './columns.ts'
import { listDocuments, putDocuments } from './document-transfer.ts'
import { findLife, isSameLife, readLife, readPlace, type Found, type Life } from './lives.ts'
import type { Names } from './names.ts'
import { PartCutter } from './part-cutter.ts'
import type { Parts } from './parts.ts'
import { concurrencyMax, type Row, type Session } from './session.ts'
import type { CassandraSpool } from './spool.ts'
import { stepsOf } from './steps.ts'
import type { Tenants } from './tenants.ts'
import { Ticks } from './ticks.ts'
import { CellWrites } from './writes.ts'

/** Ids of one profile that are read at a time. */
const idsAtOnce = 16

const query = 'SELECT client, kind, id, life, attributes, ids, lifetime, born, joined, leads FROM profiles'

interface Inside {
  readonly tenants: Tenants
  readonly names: Names
  readonly batches: BatchList
  readonly parts: Parts
  readonly spool: CassandraSpool
}

/** Lists records in the order of their tables, and puts profiles by the same steps as updates. */
export class CassandraTransfer implements Transfer {
  readonly #session: Session
  readonly #inside: Inside
  readonly #ticks = new Ticks()

  constructor(session: Session, inside: Inside) {
    this.#session = session
    this.#inside = inside
  }

  async listProfiles(options: PageOptions & { readonly nowMs: number }): Promise<Page<StoredProfile>> {
    const { rows, next } = await this.#session.readPage(query, options.limit, options.cursor)
    const stored = await mapConcurrently(rows, concurrencyMax, (row) => this.#readStored(row, options.nowMs))
    return { items: stored.filter((one) => one !== undefined), cursor: next }
  }

  async putProfiles(profiles: readonly StoredProfile[], nowMs: number): Promise<void> {
    await mapConcurrently(profiles, concurrencyMax, async ({ client, profile }) => {
      await this.#put(await this.#inside.tenants.tenantOf(client), profile, nowMs)
    })
  }

  async removeProfiles(client: string, chiefIds: readonly VisitorId[]): Promise<void> {
    const tenant = await this.#inside.tenants.tenantOf(client)
    await mapConcurrently(chiefIds, concurrencyMax, async (id) => {
      const { life } = await findLife(this.#session, tenant, id)
      const chief = life && chiefIdOf(life.profile)
      if (chief && isSameId(chief, id)) await this.#end(tenant, [life])
    })
  }

  async putAttributeNames(client: string, names: readonly string[]): Promise<void> {
    await this.#inside.names.note(await this.#inside.tenants.tenantOf(client), new Set(names))
  }

  listDocuments(options: PageOptions): Promise<Page<StoredDocument>> {
    return listDocuments(this.#session, options)
  }

  putDocuments(partition: string, documents: readonly StoredDocument[]): Promise<void> {
    return putDocuments(this.#session, partition, documents)
  }

  listBatches(options: PageOptions): Promise<Page<Batch>> {
    return this.#inside.batches.listPage(options)
  }

  async readBatchText(batch: Batch): Promise<AsyncIterable<Uint8Array> | undefined> {
    const { parts, spool } = this.#inside
    const isIncomplete = batch.completedAtMs === undefined
    const count = isIncomplete ? await spool.count(batch.batchId) : await parts.count(batch.batchId)
    return count === 0 ? undefined : this.#readParts(batch, count)
  }

  /** A result counts with its failed rows: those of a complete batch are put as if each part were one. */
  async putBatch(batch: Batch, text: AsyncIterable<Uint8Array>): Promise<void> {
    const { batches, parts, spool } = this.#inside
    const { batchId, completedAtMs, progress } = batch
    if (completedAtMs === undefined) {
      const writer = await spool.create(batchId)
      for await (const piece of text) await writer.write(piece)
      await writer.close()
      return batches.accept({ ...batch, progress: noProgress })
    }
    const cutter = new PartCutter()
    let part = 0
    const keep = async (pieces: readonly { readonly bytes: Buffer }[]) => {
      for (const { bytes: failedRows } of pieces)
        await parts.keep(batchId, part, { progress: part++ === 0 ? progress : noProgress, failedRows })
    }
    for await (const piece of text) await keep(cutter.push(piece))
    await keep(cutter.end())
    await batches.accept(batch)
    await batches.complete(batch, progress, completedAtMs)
    await spool.remove(batchId)
  }

  async removeBatch(batch: Pick<Batch, 'client' | 'batchId' | 'acceptedAtMs'>): Promise<void> {
    await this.#inside.batches.remove(batch.client, batch)
    for (const name of [batch.batchId, failedRowsName(batch.batchId)]) await this.#inside.spool.remove(name)
  }

  async *#readParts({ batchId, completedAtMs }: Batch, count: number): AsyncGenerator<Uint8Array> {
    const { parts } = this.#inside
    for (let part = 0; part < count; part++) {
      const bytes =
        completedAtMs === undefined
          ? (await parts.read(batchId, part))?.bytes
          : await parts.readFailed(batchId, part)
      if (bytes === undefined) throw new Error(`part ${part} of batch ${batchId} is gone`)
      yield bytes
    }
  }

  /** A row counts as a profile with the ids that lead to it; without any it is what is left of one. */
  async #readStored(row: Row, nowMs: number): Promise<StoredProfile | undefined> {
    const tenant = String(row['client'])
    const home = idOf(`${Number(row['kind'])}${String(row['id'])}`)
    const life = readLife(home, row)
    if (life === undefined || life.isJoined || !isKept(life.profile, nowMs)) return undefined
    if (await this.#inside.tenants.isRemoved(tenant)) return undefined
    const leads = blobOf(row['leads'])
    const isLed = await mapConcurrently(life.profile.ids, idsAtOnce, async (id) => {
      if (isSameId(id, home)) return leads !== undefined && isSameLife(readLead(leads), life)
      const found = await findLife(this.#session, tenant, id)
      return found.life !== undefined && isSameLife(found.life, life)
    })
    const ids = life.profile.ids.filter((_, index) => isLed[index])
    if (ids.length === 0) return undefined
    const [client = ''] = tenant.split('#')
    return { client, profile: { ...life.profile, ids } }
  }

  /**
   * A profile that is there with the same ids gets other cells. With other ids, or in another place, it
   * is ended and begins anew: links keep the order in which they were made.
   */
  async #put(tenant: string, profile: Profile, nowMs: number): Promise<void> {
    let found = await this.#find(tenant, profile)
    const own = livesOf(found, nowMs).filter(({ profile: { key } }) =>
      profile.ids.some((id) => isSameId(id, key)),
    )
    if (own.length > 0 && !(own.length === 1 && fits(own[0]!, profile))) {
      await this.#end(tenant, own)
      found = await this.#find(tenant, profile)
    }
    const lives = livesOf(found, nowMs).map((life) => life.profile)
    const steps = await stepsOf({
      found,
      plan: { ...planReplacement(profile, lives), outcome: { kind: 'updated', bytes: 0 } },
      nowMs,
      ticks: this.#ticks,
      readPlace: (id) => readPlace(this.#session, tenant, id),
    })
    await steps?.writes.execute(this.#session, tenant)
  }

  #find(tenant: string, { ids }: Profile): Promise<Found[]> {
    return mapConcurrently(ids, idsAtOnce, (id) => findLife(this.#session, tenant, id))
  }

  async #end(tenant: string, lives: readonly Life[]): Promise<void> {
    const writes = new CellWrites()
    for (const life of lives) writes.end(life)
    await writes.execute(this.#session, tenant)
  }
}

function isKept(profile: Profile, nowMs: number): boolean {
  return isLive(profile, nowMs) || isGrave(profile, nowMs)
}

function livesOf(found: readonly Found[], nowMs: number): Life[] {
  const lives: Life[] = []
  for (const { life } of found) {
    if (life === undefined || !isKept(life.profile, nowMs)) continue
    if (!lives.some((other) => isSameLife(other, life))) lives.push(life)
  }
  return lives
}

/** Ids of one kind keep their order; some stores list the key before all others. */
function fits({ isJoined, profile: before }: Life, after: Profile): boolean {
  return !isJoined && idsText(before) === idsText(after)
}

function idsText({ ids }: Profile): string {
  return JSON.stringify(ids.map(textOf).toSorted((a, b) => Number(a[0]) - Number(b[0])))
}
