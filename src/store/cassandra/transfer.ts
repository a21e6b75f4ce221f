import { mapConcurrently } from '../../lib/pool.ts'
import { failedRowsName, noProgress, type Batch } from '../../model/batch.ts'
import { chiefIdOf, isGrave, isLive, type Profile } from '../../model/profile.ts'
import { isSameId, type VisitorId } from '../../model/visitor-id.ts'
import type { Page, PageOptions, StoredDocument, StoredProfile, Transfer } from '../store.ts'
import type { BatchList } from './batches.ts'
import { idOf, isGreater, isSameSpot, textOf, type Spot } from './cells.ts'
import { listDocuments, putDocuments } from './document-transfer.ts'
import { join, rootsOf } from './links.ts'
import { nextLife, readLife, readPlace, type Content, type Life, type Place } from './lives.ts'
import type { Names } from './names.ts'
import { PartCutter } from './part-cutter.ts'
import type { Parts } from './parts.ts'
import { Finder, type Found } from './roots.ts'
import { concurrencyMax, type Row, type Session } from './session.ts'
import type { CassandraSpool } from './spool.ts'
import { unlist, writeProfile } from './steps.ts'
import type { Tenants } from './tenants.ts'
import { Ticks } from './ticks.ts'
import { CellWrites } from './writes.ts'

/** Ids of one profile that are read at a time. */
const idsAtOnce = 16

const query = 'SELECT client, kind, id, life, attributes, ids, lifetime, born, joined FROM profiles'

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

  async removeProfiles(client: string, chiefIds: readonly VisitorId[], nowMs: number): Promise<void> {
    const tenant = await this.#inside.tenants.tenantOf(client)
    await mapConcurrently(chiefIds, concurrencyMax, async (id) => {
      const [found] = await this.#find(tenant, [id], nowMs)
      const profile = found?.root?.profile ?? found?.past
      const chief = profile && chiefIdOf(profile)
      if (found === undefined || chief === undefined || !isSameId(chief, id)) return
      const spot = found.root?.spot ?? found.place.lives[0]
      if (spot) await this.#end(tenant, [spot])
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
    const life = readLife(idOf(`${Number(row['kind'])}${String(row['id'])}`), row)
    const stored = life?.content?.profile
    if (life === undefined || stored === undefined || life.joined || !isKept(stored, nowMs)) return undefined
    if (await this.#inside.tenants.isRemoved(tenant)) return undefined
    const [client = ''] = tenant.split('#')
    const found = await new Finder(this.#session, nowMs).find(tenant, stored.ids)
    const leading = found.filter(({ root }) => root !== undefined && isSameSpot(root.spot, life))
    const profile = leading[0]?.root?.profile
    if (profile === undefined) {
      const isMark = isGrave(stored, nowMs) && found[0]?.past !== undefined && isNewest(found[0].place, life)
      return isMark ? { client, profile: stored } : undefined
    }
    const ids = profile.ids.filter((id) => {
      const known = found.find(({ place }) => isSameId(place.id, id))
      return known === undefined || leading.includes(known)
    })
    return { client, profile: { ...profile, ids } }
  }

  /**
   * A profile that is there with the same ids gets other cells. With other ids, or in another place, it
   * is ended and begins anew: links keep the order in which they were made.
   */
  async #put(tenant: string, profile: Profile, nowMs: number): Promise<void> {
    const same = await this.#findSame(tenant, profile, nowMs)
    if (same) {
      await this.#write(tenant, same, { before: same.content, after: profile })
      return
    }
    const isOwn = (id: VisitorId) => profile.ids.some((own) => isSameId(own, id))
    const roots = rootsOf(await this.#find(tenant, profile.ids, nowMs))
    await this.#end(
      tenant,
      roots.filter(({ spot }) => isOwn(spot.home)).map(({ spot }) => spot),
    )
    const found = await this.#find(tenant, profile.ids, nowMs)
    const home = homeOf(profile)
    const place = found.find((one) => isSameId(one.place.id, home))?.place
    const target = nextLife(place ?? (await readPlace(this.#session, tenant, home)), nowMs)
    const unlisted = new CellWrites()
    for (const root of rootsOf(found)) unlist(unlisted, root, profile.ids, this.#ticks)
    await unlisted.execute(this.#session, tenant)
    await mapConcurrently(found, idsAtOnce, async (one) => {
      if (isSameId(one.place.id, target.home)) return
      await join(this.#session, tenant, { from: nextLife(one.place, nowMs), to: target })
    })
    await this.#write(tenant, target, { before: undefined, after: profile })
  }

  /** The life of a profile that is there with the same ids. */
  async #findSame(tenant: string, profile: Profile, nowMs: number): Promise<Life | undefined> {
    const found = await this.#find(tenant, profile.ids, nowMs)
    const life = found.find(({ place }) => isSameId(place.id, homeOf(profile)))?.place.lives[0]
    if (life?.content === undefined || life.joined || !isKept(life.content.profile, nowMs)) return undefined
    const stored = life.content.profile
    // Of two creations the earlier one stays: a later one is that of another profile.
    if (idsText(stored) !== idsText(profile) || profile.bornAtMs > stored.bornAtMs) return undefined
    const leadsThere = found.every(({ place, root }) => {
      if (root === undefined) return isNewest(place, life)
      return isSameSpot(root.spot, life) && root.joined.length === 0
    })
    return leadsThere ? life : undefined
  }

  async #write(tenant: string, spot: Spot, change: { before: Content | undefined; after: Profile }) {
    const writes = new CellWrites()
    writeProfile(writes, spot, { ...change, ticks: this.#ticks })
    await writes.execute(this.#session, tenant)
  }

  async #find(tenant: string, ids: readonly VisitorId[], nowMs: number): Promise<Found[]> {
    const finder = new Finder(this.#session, nowMs)
    return (await mapConcurrently(ids, idsAtOnce, (id) => finder.find(tenant, [id]))).flat()
  }

  async #end(tenant: string, spots: readonly Spot[]): Promise<void> {
    const writes = new CellWrites()
    for (const spot of spots) writes.end(spot)
    await writes.execute(this.#session, tenant)
  }
}

function isKept(profile: Profile, nowMs: number): boolean {
  return isLive(profile, nowMs) || isGrave(profile, nowMs)
}

function isNewest({ lives: [newest] }: Place, spot: Spot): boolean {
  return newest !== undefined && isSameSpot(newest, spot)
}

/** The id that all others may be joined to, whichever its origin kept it under. */
function homeOf({ key, ids }: Profile): VisitorId {
  const [greatest = key] = ids.toSorted((a, b) => {
    return isGreater({ home: a, life: 0 }, { home: b, life: 0 }) ? -1 : 1
  })
  return greatest
}

/** Ids of one kind keep their order; some stores list the key before all others. */
function idsText({ ids }: Profile): string {
  return JSON.stringify(ids.map(textOf).toSorted((a, b) => Number(a[0]) - Number(b[0])))
}
