import { profileBytesMax } from '../../model/limits.ts'
import type { Batch } from '../../model/batch.ts'
import type { SpoolReader } from '../../store/store.ts'
import type { Client } from '../clients/directory.ts'
import type { DomainContext } from '../context.ts'
import { isRow, lineBytesMax } from './lines.ts'
import { lineWindows, readHeader } from './row-order.ts'
import { faultComment, RowGroup, type RowFault } from './rows.ts'

/** Bytes handed on at a time. */
const pieceBytes = 262_144

/** Where the failed rows of a complete batch are kept. */
export function failedRowsName(batchId: string): string {
  return `${batchId}.failed`
}

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
  const kept = await context.store.spool.open(failedRowsName(batchId))
  if (kept) return readPieces(kept)
  const upload = await context.store.spool.open(batchId)
  if (upload === undefined) return undefined
  return findFailedRows(upload, await faultsOf(context, batch))
}

/** Keeps the failed rows of a batch whose rows are all applied; its upload is not needed any more. */
export async function writeFailedRows(context: DomainContext, batch: Batch): Promise<void> {
  const upload = await context.store.spool.open(batch.batchId)
  if (upload === undefined) throw new Error('the upload is not in the spool')
  const writer = await context.store.spool.create(failedRowsName(batch.batchId))
  try {
    for await (const piece of piecesOf(upload, batch, await faultsOf(context, batch)))
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

async function faultsOf({ store, settings }: DomainContext, batch: Batch): Promise<Faults> {
  const rows = await store.batches.listRefused(batch.client, batch.batchId)
  return {
    refused: new Map(rows.map(({ line, profileBytes }) => [line, tooLarge(profileBytes)])),
    // Of the text's own bytes none is not in the upload but a last line's end.
    commentBytesMax: settings.batchBytesMax - batch.bytes - '\r\n'.length - 1,
  }
}

function tooLarge(bytes: number): RowFault {
  const fault = `profile too large: ${bytes} bytes of names and values, the limit is ${profileBytesMax}`
  return { column: undefined, fault }
}

/** What rows have in common is nothing to their faults. */
const noMatter = { client: '', atMs: 0, create: false, lifetimeMs: 0 }

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

async function* readPieces(entry: SpoolReader): AsyncGenerator<Uint8Array> {
  try {
    for (let position = 0; position < entry.size;) {
      const piece = Buffer.allocUnsafe(Math.min(pieceBytes, entry.size - position))
      position += entry.read(piece, piece.length, position)
      yield piece
    }
  } finally {
    entry.close()
  }
}
