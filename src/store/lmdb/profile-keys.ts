import type { IdKind, VisitorId } from '../../model/visitor-id.ts'

/** Bytes before the id in a key: the client's number, the kind of id. */
const keyPrefix = 5

const kinds: readonly IdKind[] = ['tntId', 'thirdPartyId', 'ecid']

export function kindByte(kind: IdKind): number {
  return kinds.indexOf(kind)
}

export function kindOf(byte: number): IdKind {
  return kinds[byte] ?? 'tntId'
}

/** Keys sort by client, kind and id, so that a batch in the order of its ids writes page after page. */
export function keyOf(client: number, { kind, id }: VisitorId): Buffer {
  const key = Buffer.allocUnsafe(keyPrefix + Buffer.byteLength(id))
  key.writeUInt32BE(client, 0)
  key[4] = kindByte(kind)
  key.write(id, keyPrefix)
  return key
}

/** The id that a key stands for. */
export function idOf(key: Buffer): VisitorId {
  return { kind: kindOf(key[4]!), id: key.toString('utf8', keyPrefix) }
}

/**
 * Keys of one client and kind, each of which lasts until the next one of the same length is made:
 * for rows and simple updates, whose key is used at once.
 *
 * @source bench `batch`: a new buffer for each key took a tenth of the time of a row
 */
export class ScratchKeys {
  readonly #byLength: Buffer[] = []

  /** The key of an id that stands in a buffer, in UTF-8. */
  copyOf(client: number, kind: IdKind, { bytes, start, end }: IdBytes): Buffer {
    const key = this.#key(client, kind, end - start)
    for (let i = start, at = keyPrefix; i < end; i++, at++) key[at] = bytes[i]!
    return key
  }

  of(client: number, { kind, id }: VisitorId): Buffer {
    const key = this.#key(client, kind, id.length)
    for (let i = 0; i < id.length; i++) {
      const unit = id.charCodeAt(i)
      if (unit > 0x7f) return keyOf(client, { kind, id })
      key[keyPrefix + i] = unit
    }
    return key
  }

  #key(client: number, kind: IdKind, length: number): Buffer {
    const key = (this.#byLength[length] ??= Buffer.allocUnsafeSlow(keyPrefix + length))
    key.writeUInt32BE(client, 0)
    key[4] = kindByte(kind)
    return key
  }
}

export interface IdBytes {
  readonly bytes: Buffer
  readonly start: number
  readonly end: number
}
