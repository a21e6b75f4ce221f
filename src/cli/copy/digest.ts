import { createHash } from 'node:crypto'
import type { Page, Store } from '../../store/store.ts'
import { digestBytes } from '../../store/lmdb/copy-journal.ts'
import { attributeNames, batches, documents, profiles, type Kind } from './kinds.ts'
import { patiently } from './patience.ts'

/** How many records of a kind a store has, and the sum of their digests, in whatever order they come. */
export interface KindDigest {
  readonly kind: string
  readonly count: number
  readonly digest: string
}

export interface ReadOptions {
  readonly nowMs: number
  readonly signal: AbortSignal
  /** Told of the records that were read so far. */
  readonly onRead: (kind: string, count: number) => void
}

/** Records of one page. */
export const pageRecords = 500

/** Digests of two stores are the same if their records are. */
export function digestOf<Item>(kind: Kind<Item>, item: Item): Buffer {
  return hash(JSON.stringify(kind.contentOf(item)))
}

function hash(text: string | Uint8Array): Buffer {
  return createHash('sha256').update(text).digest().subarray(0, digestBytes)
}

/** Reads a whole store. */
export async function digestStore(store: Store, options: ReadOptions): Promise<KindDigest[]> {
  return [
    await digestKind(documents, store, options),
    await digestKind(attributeNames, store, options),
    await digestKind(profiles, store, options),
    await digestKind(batches, store, options),
  ]
}

async function digestKind<Item>(kind: Kind<Item>, store: Store, options: ReadOptions): Promise<KindDigest> {
  let count = 0
  let sum = 0n
  for await (const { items } of pagesOf(kind, store, options)) {
    for (const item of items) {
      const text = await kind.textOf?.(store, item)
      const bytes = text ? await hashOf(digestOf(kind, item), text) : digestOf(kind, item)
      sum = (sum + BigInt(`0x${bytes.toString('hex')}`)) & largest
    }
    count += items.length
    options.onRead(kind.name, count)
  }
  return { kind: kind.name, count, digest: sum.toString(16).padStart(digestBytes * 2, '0') }
}

const largest = (1n << BigInt(digestBytes * 8)) - 1n

async function hashOf(record: Buffer, text: AsyncIterable<Uint8Array>): Promise<Buffer> {
  const made = createHash('sha256').update(record)
  for await (const piece of text) made.update(piece)
  return made.digest().subarray(0, digestBytes)
}

/** Reads records page after page, from a cursor on. */
export async function* pagesOf<Item>(
  kind: Kind<Item>,
  store: Store,
  { nowMs, signal, from }: Pick<ReadOptions, 'nowMs' | 'signal'> & { readonly from?: string | undefined },
): AsyncGenerator<Page<Item>> {
  let cursor = from
  do {
    const options = { cursor, limit: pageRecords, nowMs }
    const page = await patiently(signal, () => kind.list(store, options))
    yield page
    ;({ cursor } = page)
  } while (cursor !== undefined)
}
