import { pieceBytes, readPieces } from '../../lib/pieces.ts'
import { failedRowsName, type Batch } from '../../model/batch.ts'
import type { SpoolReader, WholeBatches } from '../../store/store.ts'
import type { Client } from '../clients/directory.ts'
import type { DomainContext } from '../context.ts'
import { commentPrefix, isRow, lineBytesMax } from './lines.ts'
import { readFailedParts } from './parts.ts'
import { tooLarge } from './problems.ts'
import { lineWindows, readHeader } from './row-order.ts'
import { faultComment, noMatter, RowGroup, type RowFault } from './rows.ts'

/**
 * Reads the failed rows of a batch as an upload: `batch=` and the header, then each failed row in its
 * own bytes followed by a comment that says why. While the batch is incomplete: those known so far.
 *
 * @returns `undefined` for an unknown batch; else pieces of text, UTF-8 where the rows are
 * @source  decisions.md §1, §5
 */
export async function readFailedRows(
  context: DomainContext,
  client: Client,
  batchId: string,
): Promise<AsyncIterable<Uint8Array> | undefined> {
  const batch = await context.store.batches.get(client.code, batchId)
  if (batch === undefined) return undefined
  const { batches } = context.store
  if (batches.parts) {
    return boundComments(readFailedParts(batches.parts, batchId), commentRoom(context, batch))
  }
  const kept = await context.store.spool.open(failedRowsName(batchId))
  if (kept) return readPieces(kept)
  const upload = await context.store.spool.open(batchId)
  if (upload === undefined) return undefined
  return findFailedRows(upload, await faultsOf(context, batches, batch))
}

/** Keeps the failed rows of a batch whose rows are all applied; its upload is not needed any more. */
export async function writeFailedRows(
  context: DomainContext,
  batches: WholeBatches,
  batch: Batch,
): Promise<void> {
  const upload = await context.store.spool.open(batch.batchId)
  if (upload === undefined) throw new Error('the upload is not in the spool')
  const writer = await context.store.spool.create(failedRowsName(batch.batchId))
  try {
    for await (const piece of piecesOf(upload, batch, await faultsOf(context, batches, batch)))
      await writer.write(piece)
    await writer.close()
  } catch (error) {
    await writer.discard()
    throw error
  }
}

/** Without failed rows the text is the header alone, and the upload need not be looked through. */
function piecesOf(upload: SpoolReader, batch: Batch, faults: Faults): PieceSource {
  if (batch.progress.failedUpdates > 0) return findFailedRows(upload, faults)
  const { text } = readHeader(upload)
  upload.close()
  return [Buffer.concat([text, lineFeed])]
}

type PieceSource = Iterable<Uint8Array> | AsyncIterable<Uint8Array>

const lineFeed = Buffer.from('\n')

interface Faults {
  /** Faults that the rows do not show themselves, by line. */
  readonly refused: ReadonlyMap<number, RowFault>
  /** Room for comments: with more the text would be too large to be uploaded again. */
  readonly commentBytesMax: number
}

async function faultsOf(context: DomainContext, batches: WholeBatches, batch: Batch): Promise<Faults> {
  const rows = await batches.listRefused(batch.client, batch.batchId)
  return {
    refused: new Map(rows.map(({ line, profileBytes }) => [line, tooLarge(profileBytes)])),
    commentBytesMax: commentRoom(context, batch),
  }
}

/** Of the text's own bytes none is not in the upload but a last line's end. */
function commentRoom({ settings }: DomainContext, batch: Batch): number {
  return settings.batchBytesMax - batch.bytes - '\r\n'.length - 1
}

async function* findFailedRows(
  upload: SpoolReader,
  { refused, commentBytesMax }: Faults,
): AsyncGenerator<Uint8Array> {
  try {
    const header = readHeader(upload)
    const group = new RowGroup(header, noMatter, { rowsMax: 1, bytesSize: lineBytesMax })
    let pieces: Buffer[] = [header.text, lineFeed]
    let length = 0
    let looked = 0
    let commentBytes = 0
    for (const place of lineWindows(upload, header)) {
      // A long file is looked through in steps, so that other requests are served in between.
      if (++looked % 10_000 === 0) await new Promise((resolve) => setImmediate(resolve))
      if (!isRow(place.bytes, place.start, place.end)) continue
      group.clear()
      const fault = group.add(place, place.line) ?? refused.get(place.line)
      if (fault === undefined) continue
      const row = Buffer.from(place.bytes.subarray(place.start, place.end))
      // A carriage return that is data at the end of a row stays data only before another one.
      const ending = row.at(-1) === 0x0d ? '\r\n' : '\n'
      const comment = Buffer.from(`${faultComment(place.line, fault)}\n`)
      commentBytes += comment.length
      pieces.push(row, Buffer.from(ending))
      if (commentBytes <= commentBytesMax) pieces.push(comment)
      length += row.length
      if (length < pieceBytes) continue
      yield Buffer.concat(pieces)
      pieces = []
      length = 0
    }
    yield Buffer.concat(pieces)
  } finally {
    upload.close()
  }
}

/** Leaves out comments once they take too much room: the text must not be too large to be uploaded. */
async function* boundComments(
  texts: AsyncIterable<Uint8Array>,
  bytesMax: number,
): AsyncGenerator<Uint8Array> {
  let commentBytes = 0
  for await (const text of texts) {
    const kept: Uint8Array[] = []
    for (let start = 0, end = 0; start < text.length; start = end) {
      const feed = text.indexOf(0x0a, start)
      end = feed < 0 ? text.length : feed + 1
      const line = text.subarray(start, end)
      const isComment = Buffer.from(line.subarray(0, commentPrefix.length)).toString() === commentPrefix
      if (isComment) commentBytes += line.length
      if (!isComment || commentBytes <= bytesMax) kept.push(line)
    }
    yield Buffer.concat(kept)
  }
}
