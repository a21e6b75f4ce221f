import { clientCollection } from '../../domain/clients/directory.ts'
import { copyCollection } from '../../domain/copies.ts'
import { installPartition, removal } from '../../domain/documents.ts'
import { groupBy } from '../../lib/group-by.ts'
import type { Batch } from '../../model/batch.ts'
import { chiefIdOf } from '../../model/profile.ts'
import type { VisitorId } from '../../model/visitor-id.ts'
import type { Page, PageOptions, Store, StoredDocument, StoredProfile } from '../../store/store.ts'

/** One kind of records, and how they go from store to store. */
export interface Kind<Item> {
  /** In the plural, as people are told of it. */
  readonly name: string
  list(store: Store, options: PageOptions & { readonly nowMs: number }): Promise<Page<Item>>
  /** What a record is known by; `remove` finds it by that. */
  keyOf(item: Item): string
  /** All that has to be the same in both stores, as JSON can say it. */
  contentOf(item: Item): unknown
  /** What belongs to it beside its record; `undefined` when that is gone. */
  textOf?(store: Store, item: Item): Promise<AsyncIterable<Uint8Array> | undefined>
  /** @returns those that were there to be copied */
  put(way: Way, items: readonly Item[]): Promise<readonly Item[]>
  remove(target: Store, keys: readonly string[], nowMs: number): Promise<void>
}

/** From where to where. */
export interface Way {
  readonly source: Store
  readonly target: Store
  readonly nowMs: number
}

/** No id and no code holds one. */
const separator = '\0'

const idKinds = ['thirdPartyId', 'tntId', 'ecid'] as const

export const profiles: Kind<StoredProfile> = {
  name: 'profiles',
  list: (store, options) => store.transfer.listProfiles(options),
  keyOf: ({ client, profile }) => {
    const chief = chiefIdOf(profile)
    return [client, chief?.kind, chief?.id].join(separator)
  },
  contentOf: ({ client, profile: { attributes, bornAtMs, expiresAtMs, ids, writtenAtMs } }) => [
    client,
    // Some stores list the key first, whenever it was linked; it is the first of its kind in all.
    idKinds.map((kind) => ids.filter((id) => id.kind === kind).map(({ id }) => id)),
    [bornAtMs, writtenAtMs, expiresAtMs],
    Array.from(attributes, ([name, { atMs, line, value }]) => [name, value ?? null, atMs, line]).toSorted(
      ([a], [b]) => (String(a) < String(b) ? -1 : 1),
    ),
  ],
  put: async ({ nowMs, target }, items) => {
    await target.transfer.putProfiles(items, nowMs)
    return items
  },
  remove: async (target, keys, nowMs) => {
    for (const [client, ids] of groupBy(keys, (key) => key.split(separator)[0] ?? ''))
      await target.transfer.removeProfiles(client, ids.map(idOfKey), nowMs)
  },
}

function idOfKey(key: string): VisitorId {
  const [, kind, id = ''] = key.split(separator)
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- read back from what `keyOf` made
  return { kind: kind as VisitorId['kind'], id }
}

export const documents: Kind<StoredDocument> = {
  name: 'control records',
  list: async (store, options) => {
    const page = await store.transfer.listDocuments(options)
    return { ...page, items: page.items.filter(({ collection }) => collection !== copyCollection) }
  },
  keyOf: ({ collection, document, partition }) => [partition, collection, document.id].join(separator),
  contentOf: ({ collection, document: { body, id, version }, partition }) => [
    partition,
    collection,
    id,
    version,
    body,
  ],
  put: async ({ target }, items) => {
    for (const [partition, those] of groupBy(items, (item) => item.partition))
      await target.transfer.putDocuments(partition, those)
    return items
  },
  remove: async (target, keys) => {
    for (const key of keys) {
      const [partition = '', collection = '', id = ''] = key.split(separator)
      const document = await target.documents.get(partition, collection, id)
      if (document) await target.documents.commit(partition, [removal(collection, document)])
    }
  },
}

interface ClientNames {
  readonly client: string
  readonly names: readonly string[]
}

export const attributeNames: Kind<ClientNames> = {
  name: 'lists of attribute names',
  list: async (store, { cursor, limit }) => {
    const options = { limit, ...(cursor !== undefined && { after: cursor }) }
    const clients = await store.documents.list(installPartition, clientCollection, options)
    const items: ClientNames[] = []
    for (const { id: client } of clients)
      items.push({ client, names: (await store.profiles.attributeNames(client)).toSorted() })
    return { items, cursor: clients.length < limit ? undefined : clients.at(-1)?.id }
  },
  keyOf: ({ client }) => client,
  contentOf: ({ client, names }) => [client, names],
  put: async ({ target }, items) => {
    for (const { client, names } of items) await target.transfer.putAttributeNames(client, names)
    return items
  },
  // The client is gone, with all that it had.
  remove: async (target, clients) => {
    for (const client of clients) await target.profiles.removeClient(client)
  },
}

export const batches: Kind<Batch> = {
  name: 'batches',
  list: (store, options) => store.transfer.listBatches(options),
  keyOf: ({ acceptedAtMs, batchId, client }) => [client, batchId, acceptedAtMs].join(separator),
  contentOf: ({ client, batchId, version, key, acceptedAtMs, rows, bytes, completedAtMs, progress }) => [
    [client, batchId, version, key, acceptedAtMs, rows, bytes],
    // What is not complete begins anew in the target.
    completedAtMs === undefined ? null : [completedAtMs, sortedEntries(progress)],
  ],
  textOf: (store, batch) => store.transfer.readBatchText(batch),
  put: async ({ source, target }, items) => {
    const put: Batch[] = []
    for (const batch of items) {
      const text = await source.transfer.readBatchText(batch)
      if (text === undefined) continue
      await target.transfer.putBatch(batch, text)
      put.push(batch)
    }
    return put
  },
  remove: async (target, keys) => {
    for (const key of keys) {
      const [client = '', batchId = '', acceptedAtMs] = key.split(separator)
      await target.transfer.removeBatch({ client, batchId, acceptedAtMs: Number(acceptedAtMs) })
    }
  },
}

function sortedEntries(record: object): [string, unknown][] {
  return Object.entries(record).toSorted(([a], [b]) => (a < b ? -1 : 1))
}
