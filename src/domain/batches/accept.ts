import { randomInt } from 'node:crypto'
import { Refusal } from '../../lib/errors.ts'
import { collectGarbage } from '../../lib/memory.ts'
import { noProgress, type Batch } from '../../model/batch.ts'
import type { SpoolWriter } from '../../store/store.ts'
import type { Client } from '../clients/directory.ts'
import type { DomainContext, DomainSettings } from '../context.ts'
import { canBeginUpload, invalid, missingPrefix, parseHeader, type BatchHeader } from './header.ts'
import { lineBytesMax, RowCounter } from './lines.ts'

export interface Upload {
  readonly client: Client
  readonly version: 1 | 2
  /** Decoded bytes, in pieces cut anywhere; a failure of it leaves nothing behind. */
  readonly body: AsyncIterable<Uint8Array>
}

/**
 * Takes an upload into the spool and makes it a batch.
 *
 * When it returns, the upload is on disk and will be applied, also after a crash. When it throws,
 * nothing of it is left. Memory does not grow with the upload.
 *
 * @throws Refusal `batch_invalid`, `batch_too_large`, `batch_rows_too_many`
 * @source decisions.md §5
 */
export async function acceptBatch(context: DomainContext, upload: Upload): Promise<Batch> {
  const { clock, store } = context
  // The time of acceptance is one that no other write has: visits that follow the reply come later.
  const spoolName = newBatchId(upload.client.code, clock.nowMs())
  const writer = await store.spool.create(spoolName)
  const spooled = await spoolUpload(context.settings, upload.body, writer)
  const acceptedAtMs = clock.uniqueMs()
  const batch: Batch = {
    batchId: spoolName,
    client: upload.client.code,
    version: upload.version,
    acceptedAtMs,
    progress: noProgress,
    progressAtMs: acceptedAtMs,
    ...spooled,
  }
  await store.batches.accept(batch)
  // Nor one that another process takes for a visit after the reply.
  await clock.past(acceptedAtMs)
  context.batchAccepted()
  return batch
}

/** Adobe's shape: the client, the time, a number. */
function newBatchId(client: string, nowMs: number): string {
  return `${client}-${nowMs}-${randomInt(10_000_000, 100_000_000)}`
}

/** The client that a batch id names. */
export function clientOfBatchId(batchId: string): string {
  return batchId.replace(/-\d+-\d+$/, '')
}

/** After so many bytes of an upload, its buffers are given back. */
const collectEveryBytes = 8 * 1_048_576

type Spooled = Pick<Batch, 'key' | 'rows' | 'bytes'>

async function spoolUpload(
  settings: DomainSettings,
  body: AsyncIterable<Uint8Array>,
  writer: SpoolWriter,
): Promise<Spooled> {
  try {
    const check = new UploadCheck(settings)
    let uncollected = 0
    for await (const chunk of body) {
      check.push(chunk)
      await writer.write(chunk)
      uncollected += chunk.length
      if (uncollected < collectEveryBytes) continue
      uncollected = 0
      collectGarbage('minor')
    }
    const spooled = check.end()
    await writer.close()
    if (spooled.bytes >= collectEveryBytes) collectGarbage('major')
    return spooled
  } catch (error) {
    await writer.discard()
    throw error
  }
}

/** Judges an upload while it comes in: header as soon as its line is there, then rows and bytes. */
class UploadCheck {
  readonly #settings: DomainSettings
  readonly #counter = new RowCounter()
  #head: Buffer = Buffer.alloc(0)
  #header: BatchHeader | undefined
  #bytes = 0

  constructor(settings: DomainSettings) {
    this.#settings = settings
  }

  push(chunk: Uint8Array) {
    this.#bytes += chunk.length
    const { batchBytesMax, batchRowsMax } = this.#settings
    if (this.#bytes >= batchBytesMax) {
      throw new Refusal(
        'batch_too_large',
        `The upload must be smaller than ${batchBytesMax} bytes (decoded); split it into several batches.`,
      )
    }
    if (this.#header) this.#counter.push(chunk)
    else this.#begin(chunk)
    if (this.#counter.rows > batchRowsMax) throw this.#tooManyRows()
  }

  end(): Spooled {
    const header = this.#header ?? parseHeader(this.#head)
    this.#counter.end()
    const { rows } = this.#counter
    if (rows > this.#settings.batchRowsMax) throw this.#tooManyRows()
    if (rows === 0)
      throw new Refusal(
        'batch_invalid',
        'The upload has no rows; put one visitor on each line after the header.',
      )
    return { key: header.key, rows, bytes: this.#bytes }
  }

  #begin(chunk: Uint8Array) {
    this.#head = Buffer.concat([this.#head, chunk])
    if (!canBeginUpload(this.#head)) throw missingPrefix()
    const feed = this.#head.indexOf(0x0a)
    if ((feed < 0 ? this.#head.length : feed) > lineBytesMax) {
      throw invalid(`the header is longer than ${lineBytesMax} bytes`)
    }
    if (feed < 0) return
    this.#header = parseHeader(this.#head)
    this.#counter.push(this.#head.subarray(this.#header.rowsStart))
    this.#head = Buffer.alloc(0)
  }

  #tooManyRows(): Refusal {
    return new Refusal(
      'batch_rows_too_many',
      `The upload has more than ${this.#settings.batchRowsMax} rows; split it into several batches.`,
    )
  }
}
