import { isRow } from '../../src/domain/batches/lines.ts'
import { lineWindows, readHeader } from '../../src/domain/batches/row-order.ts'
import { RowGroup } from '../../src/domain/batches/rows.ts'
import { unpackValues } from '../../src/model/attribute.ts'
import { RowUpdate } from '../../src/model/rows.ts'

/** Bytes in pieces of these lengths, over and over; in one without them. */
export async function* piecesOf(
  bytes: Buffer,
  cuts: readonly number[] = [bytes.length],
): AsyncGenerator<Buffer> {
  let cut = 0
  for (let at = 0; at < bytes.length;) {
    const length = cuts[cut++ % cuts.length] ?? bytes.length
    yield bytes.subarray(at, at + length)
    at += length
  }
}

export interface Fact {
  readonly id: string
  readonly values: Readonly<Record<string, string>>
}

/** What the row parser of the service makes of an upload, in file order; a faulty row throws. */
export function parseUpload(upload: Buffer): Fact[] {
  const reader = {
    size: upload.length,
    read: (target: Buffer, length: number, position: number) =>
      upload.copy(target, 0, position, position + length),
    close: () => {},
  }
  const header = readHeader(reader)
  const common = { client: 'demo', atMs: 1, create: true, lifetimeMs: 1 }
  const group = new RowGroup(header, common, { rowsMax: 1, bytesSize: 1_048_576 })
  const facts: Fact[] = []
  for (const place of lineWindows(reader, header)) {
    if (!isRow(place.bytes, place.start, place.end)) continue
    group.clear()
    const fault = group.add(place, place.line)
    if (fault) throw new Error(`line ${place.line}: ${fault.fault}`)
    const { ids, set } = new RowUpdate(group)
    facts.push({
      id: ids.tntId ?? ids.thirdPartyId ?? '',
      values: Object.fromEntries(unpackValues(set)),
    })
  }
  return facts
}
