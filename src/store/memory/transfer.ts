import { readPieces } from '../../lib/pieces.ts'
import { failedRowsName, noProgress, type Batch } from '../../model/batch.ts'
import { chiefIdOf, isGrave, isLive } from '../../model/profile.ts'
import { planReplacement } from '../../model/replace.ts'
import { isSameId } from '../../model/visitor-id.ts'
import type { Page, PageOptions, Spool, Transfer } from '../store.ts'
import type { Entries } from './batches.ts'
import { slot, type Partitions } from './documents.ts'
import { carryOut, type Tenants } from './profiles.ts'

interface Held {
  readonly tenants: Tenants
  readonly partitions: Partitions
  readonly entries: Entries
  readonly spool: Spool
}

export function memoryTransfer({ tenants, partitions, entries, spool }: Held): Transfer {
  return {
    listProfiles: async ({ nowMs, ...options }) => {
      const stored = [...tenants].flatMap(([client, tenant]) =>
        Array.from(tenant.profiles.values(), (profile) => ({ client, profile })),
      )
      const isKept = ({ profile }: (typeof stored)[number]) =>
        isLive(profile, nowMs) || isGrave(profile, nowMs)
      return pageOf(stored.filter(isKept), options)
    },
    putProfiles: async (profiles, nowMs) => {
      for (const { client, profile } of profiles) {
        const tenant = tenants.of(client)
        const found = profile.ids.map((id) => tenant.find(id, nowMs))
        carryOut(tenant, planReplacement(profile, found), found)
      }
    },
    removeProfiles: async (client, chiefIds, nowMs) => {
      const tenant = tenants.of(client)
      for (const id of chiefIds) {
        const profile = tenant.find(id, nowMs)
        const chief = profile && chiefIdOf(profile)
        if (chief && isSameId(chief, id)) tenant.drop(profile)
      }
    },
    putAttributeNames: async (client, names) => {
      for (const name of names) tenants.of(client).names.add(name)
    },
    listDocuments: async (options) => {
      const stored = [...partitions].flatMap(([partition, documents]) =>
        Array.from(documents, ([at, document]) => {
          return { partition, collection: at.split('\0')[0] ?? '', document }
        }),
      )
      return pageOf(stored, options)
    },
    putDocuments: async (partition, documents) => {
      const held = partitions.get(partition) ?? new Map<string, (typeof documents)[number]['document']>()
      partitions.set(partition, held)
      for (const { collection, document } of documents)
        held.set(slot(collection, document.id), structuredClone(document))
    },
    ...transferOfBatches(entries, spool),
  }
}

type OfBatches = Pick<Transfer, 'listBatches' | 'readBatchText' | 'putBatch' | 'removeBatch'>

function transferOfBatches(entries: Entries, spool: Spool): OfBatches {
  return {
    listBatches: async (options) =>
      pageOf(
        Array.from(entries.values(), ({ batch }) => batch),
        options,
      ),
    readBatchText: async (batch) => {
      const entry = await spool.open(textName(batch))
      return entry && readPieces(entry)
    },
    putBatch: async (batch, text) => {
      const writer = await spool.create(textName(batch))
      for await (const piece of text) await writer.write(piece)
      await writer.close()
      if (batch.completedAtMs !== undefined) await spool.remove(batch.batchId)
      const put = batch.completedAtMs === undefined ? { ...batch, progress: noProgress } : batch
      entries.set(batch.batchId, { batch: put, holder: undefined, untilMs: 0, refused: new Map() })
    },
    removeBatch: async ({ batchId }) => {
      entries.delete(batchId)
      for (const name of [batchId, failedRowsName(batchId)]) await spool.remove(name)
    },
  }
}

function textName({ batchId, completedAtMs }: Batch): string {
  return completedAtMs === undefined ? batchId : failedRowsName(batchId)
}

function pageOf<Item>(items: readonly Item[], { cursor, limit }: PageOptions): Page<Item> {
  const start = Number(cursor ?? 0)
  const end = start + limit
  return { items: items.slice(start, end), cursor: end < items.length ? String(end) : undefined }
}
