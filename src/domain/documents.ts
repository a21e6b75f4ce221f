import type { Document, DocumentChange, DocumentStore } from '../store/store.ts'

/** The partition of what belongs to no single client: clients, people, credentials. */
export const installPartition = '*'

/** Read in one step when all documents of a collection are wanted. */
const pageDocuments = 500

/** Times that a change is made again because another one came in between; then it is a bug. */
const attemptsMax = 20

/** What a document of ours holds. Each collection has one file that writes it, so its shape is known. */
export function bodyOf<T>(document: Document | undefined): T | undefined {
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- read back by the file that wrote it
  return document?.body as T | undefined
}

/** Reads all documents of a collection whose ids begin with `prefix`, page after page, by id. */
export async function* listAll(
  documents: DocumentStore,
  { partition, collection, prefix = '', after }: Listing,
): AsyncGenerator<Document> {
  let from = after
  for (;;) {
    const options = { prefix, limit: pageDocuments, ...(from !== undefined && { after: from }) }
    const page = await documents.list(partition, collection, options)
    yield* page
    if (page.length < pageDocuments) return
    from = page.at(-1)?.id
  }
}

export interface Listing {
  readonly partition: string
  readonly collection: string
  readonly prefix?: string
  readonly after?: string
}

/** The change that puts a body where `document` was read: inserted if there was none. */
export function put(
  collection: string,
  id: string,
  { document, body }: { document: Document | undefined; body: unknown },
): DocumentChange {
  if (document === undefined) return { kind: 'insert', collection, id, body }
  return { kind: 'replace', collection, id, ifVersion: document.version, body }
}

/** The change that removes a document as it was read. */
export function removal(collection: string, { id, version }: Document): DocumentChange {
  return { kind: 'remove', collection, id, ifVersion: version }
}

/**
 * Makes a change of control records, and makes it again from what is stored by then when another
 * change came in between.
 *
 * @param attempt reads, decides, and returns what to commit with what to answer; it may refuse, and
 *                must not wait for another change of the same partition. No changes mean that all is
 *                as it should be.
 */
export function change<Result>(
  documents: DocumentStore,
  partition: string,
  attempt: Attempt<Result>,
): Promise<Result> {
  const queues = underWay.get(documents) ?? new Map<string, Promise<void>>()
  underWay.set(documents, queues)
  const before = queues.get(partition) ?? Promise.resolve()
  const done = before.then(() => attemptOften(documents, partition, attempt))
  const settled = settle(done)
  queues.set(partition, settled)
  void settled.finally(() => {
    if (queues.get(partition) === settled) queues.delete(partition)
  })
  return done
}

/** The end of a change, whatever became of it: who made it is told by the change itself. */
async function settle(done: Promise<unknown>): Promise<void> {
  await done.catch(() => {})
}

type Attempt<Result> = () => Promise<{ changes: readonly DocumentChange[]; result: Result }>

/** The change of each partition that is made last: those of one process wait for one another. */
const underWay = new WeakMap<DocumentStore, Map<string, Promise<void>>>()

async function attemptOften<Result>(
  documents: DocumentStore,
  partition: string,
  attempt: Attempt<Result>,
): Promise<Result> {
  for (let attempts = 0; attempts < attemptsMax; attempts++) {
    const { changes, result } = await attempt()
    if (changes.length === 0 || (await documents.commit(partition, changes))) return result
  }
  throw new Error(`control records of ${partition} changed ${attemptsMax} times while one change was made`)
}
