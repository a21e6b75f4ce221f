import type { Document, DocumentChange, DocumentStore } from '../store.ts'
import { fromJson, getJson, textKey, toJson, type Environment, type OpenAs } from './environment.ts'

/** Counts the changes of documents. */
const versionKey = Buffer.from('documents-version')

/** Control records as JSON under `partition NUL collection NUL id`. */
export function lmdbDocuments(environment: Environment, { isShared = false }: OpenAs): DocumentStore {
  const { documents } = environment
  const read = (partition: string, collection: string, id: string) =>
    getJson<Document>(documents, textKey(partition, collection, id))
  const readCount = () => environment.meta.get(versionKey)?.readDoubleBE(0) ?? 0
  const countChange = () => {
    const bytes = Buffer.alloc(8)
    bytes.writeDoubleBE(readCount() + 1)
    void environment.meta.put(versionKey, bytes)
  }
  const readVersion = () => {
    environment.refresh()
    return readCount()
  }
  return {
    ...(isShared && { version: readVersion }),
    get: async (partition, collection, id) => {
      environment.refresh()
      return read(partition, collection, id)
    },
    list: async (partition, collection, { prefix = '', after, limit }) => {
      environment.refresh()
      const from = after !== undefined && after > prefix ? after : prefix
      const range = {
        start: textKey(partition, collection, from),
        end: Buffer.concat([textKey(partition, collection, prefix), Buffer.of(0xff)]),
      }
      const listed: Document[] = []
      if (limit <= 0) return listed
      for (const { value } of documents.getRange(range)) {
        const document = fromJson<Document>(value)
        if (after === undefined || document.id > after) listed.push(document)
        if (listed.length >= limit) break
      }
      return listed
    },
    commit: (partition, changes) =>
      environment.write(() => {
        for (const change of changes) {
          if (!mayChange(change, read(partition, change.collection, change.id))) return false
        }
        for (const change of changes) {
          const key = textKey(partition, change.collection, change.id)
          if (change.kind === 'remove') void documents.remove(key)
          else {
            const version = change.kind === 'insert' ? 1 : change.ifVersion + 1
            void documents.put(key, toJson({ id: change.id, version, body: change.body }))
          }
        }
        countChange()
        return true
      }),
    clear: (partition, collections) =>
      environment.write(() => {
        for (const collection of collections) {
          const start = textKey(partition, collection, '')
          const range = { start, end: Buffer.concat([start, Buffer.of(0xff)]) }
          for (const key of Array.from(documents.getKeys(range))) void documents.remove(key)
        }
        countChange()
      }),
  }
}

/** Whether a change finds the document as it expects it; `undefined` when there is none. */
function mayChange(change: DocumentChange, document: Document | undefined): boolean {
  return change.kind === 'insert' ? document === undefined : document?.version === change.ifVersion
}
