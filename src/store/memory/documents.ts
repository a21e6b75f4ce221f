import type { Document, DocumentChange, DocumentStore } from '../store.ts'

/** Documents by `collection NUL id`, by partition. */
export type Partitions = Map<string, Map<string, Document>>

export function memoryDocuments(partitions: Partitions): DocumentStore {
  return {
    get: async (partition, collection, id) => partitions.get(partition)?.get(slot(collection, id)),
    list: async (partition, collection, { prefix = '', after = '', limit }) =>
      [...(partitions.get(partition) ?? [])]
        .filter(([key]) => key.startsWith(slot(collection, prefix)))
        .map(([, document]) => document)
        .filter(({ id }) => id > after)
        .toSorted((a, b) => (a.id < b.id ? -1 : 1))
        .slice(0, limit),
    commit: async (partition, changes) => {
      const documents = partitions.get(partition) ?? new Map<string, Document>()
      const holds = (change: DocumentChange) => {
        const version = documents.get(slot(change.collection, change.id))?.version
        return change.kind === 'insert' ? version === undefined : version === change.ifVersion
      }
      if (!changes.every(holds)) return false
      for (const change of changes) {
        const at = slot(change.collection, change.id)
        if (change.kind === 'remove') documents.delete(at)
        else {
          const version = change.kind === 'insert' ? 1 : change.ifVersion + 1
          documents.set(at, { id: change.id, version, body: structuredClone(change.body) })
        }
      }
      partitions.set(partition, documents)
      return true
    },
    clear: async (partition, collections) => {
      const documents = partitions.get(partition)
      for (const key of Array.from(documents?.keys() ?? [])) {
        if (collections.some((collection) => key.startsWith(slot(collection, '')))) documents?.delete(key)
      }
    },
  }
}

export function slot(collection: string, id: string): string {
  return `${collection}\0${id}`
}
