import type { DocumentStore } from '../store/store.ts'
import { bodyOf, change, installPartition, put } from './documents.ts'

/** What says in a store that it was, or is being, copied from another one; it is not copied itself. */
export const copyCollection = 'copies'
const copyId = 'from'

export interface CopyMark {
  /** Names the copy: the journal of another one is of no use to it. */
  readonly copy: string
  /** URL of the other store, without its login. */
  readonly from: string
  readonly beganAtMs: number
  /** Absent until all is there. */
  readonly completedAtMs?: number | undefined
}

export async function readCopyMark(documents: DocumentStore): Promise<CopyMark | undefined> {
  return bodyOf<CopyMark>(await documents.get(installPartition, copyCollection, copyId))
}

export function writeCopyMark(documents: DocumentStore, body: CopyMark): Promise<void> {
  return change(documents, installPartition, async () => {
    const document = await documents.get(installPartition, copyCollection, copyId)
    return { changes: [put(copyCollection, copyId, { document, body })], result: undefined }
  })
}

/**
 * Sees that no copy into the store is unfinished: what was served and changed there would be lost.
 *
 * @throws Error that says what to do
 */
export async function requireWholeStore(documents: DocumentStore): Promise<void> {
  const mark = await readCopyMark(documents)
  if (mark === undefined || mark.completedAtMs !== undefined) return
  throw new Error(
    `the store holds an unfinished copy of ${mark.from}; finish it by \`silhouette store copy --final\`, ` +
      'as docs/guides/cluster.md says',
  )
}
