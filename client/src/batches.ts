import { pathPart, queryText, type Session } from './session.ts'
import { sleep, type CallOptions } from './time.ts'
import type { Body } from './transport.ts'
import type { BatchDetails, BatchEntry, UploadReply } from './wire.ts'

/** Limit of an upload and of reading failed rows where none is given, milliseconds. */
const transferTimeoutMs = 600_000

/** Time between two looks at a batch where none is given, milliseconds. */
const pollMsDefault = 1_000

/** Text of a batch: UTF-8, whole or as it comes. */
export type BatchBody = Body

export interface UploadOptions extends CallOptions {
  /** Bulk update v1, which creates no profiles. */
  readonly v1?: boolean
  /** Compresses what is sent. A body that is compressed already is sent with `encoding` instead. */
  readonly gzip?: boolean
  /** What the body is compressed with already. */
  readonly encoding?: 'gzip' | 'br'
}

export interface WaitOptions extends CallOptions {
  /** Told each status that was read, the last one included. */
  readonly onProgress?: (status: BatchStatus) => void
  /** Time between two looks, milliseconds; 1,000 unless given. */
  readonly pollMs?: number
}

/** A batch with its counts. */
export type BatchStatus = BatchDetails

/** How many rows ended how. */
export type BatchCounts = Omit<BatchDetails, 'batchId' | 'status' | 'batchSize' | 'problem'>

export interface Page {
  readonly limit?: number | undefined
  readonly offset?: number | undefined
}

/** Bulk updates. */
export class Batches {
  readonly #session: Session

  constructor(session: Session) {
    this.#session = session
  }

  /**
   * Uploads a batch; it is stored whole or not at all, and applied afterwards.
   *
   * An upload that the network cut off is not sent again, because it may have been accepted: rows
   * applied twice do no harm to values, but it is the caller's to say. Browsers take a stream over
   * HTTP/2 only, a Blob always. Limit of time: 10 minutes unless given.
   *
   * @returns the id of the batch, for `status` and `wait`
   * @throws  ServiceError `batch_invalid`, `batch_too_large` or `batch_rows_too_many`; `line` says where
   */
  async upload(body: BatchBody, options: UploadOptions = {}): Promise<string> {
    const { v1 = false, gzip = false, encoding = gzip ? 'gzip' : undefined, ...rest } = options
    const reply = await this.#session.json<UploadReply>(
      {
        method: 'POST',
        path: `/m2/${pathPart(this.#session.client)}/${v1 ? '' : 'v2/'}profile/batchUpdate`,
        headers: {
          accept: 'application/json',
          'content-type': 'text/plain;charset=UTF-8',
          ...(encoding && { 'content-encoding': encoding }),
        },
        body: gzip ? await compress(body) : body,
      },
      { timeoutMs: transferTimeoutMs, ...rest },
    )
    return new URL(reply.batchStatus).searchParams.get('batchId') ?? ''
  }

  /** Reads how far a batch is. @throws ServiceError `batch_not_found` */
  status(batchId: string, options: CallOptions = {}): Promise<BatchStatus> {
    return this.#session.json<BatchStatus>(this.#statusCall(batchId, { showDetails: true }), options)
  }

  /**
   * Waits until a batch is complete, also while it is stuck.
   *
   * @param options `timeoutMs` limits the whole wait; there is no limit unless given
   */
  async wait(batchId: string, options: WaitOptions = {}): Promise<BatchStatus> {
    const { onProgress = () => {}, pollMs = pollMsDefault, signal, timeoutMs = Infinity } = options
    const { transport } = this.#session
    const call = this.#statusCall(batchId, { showDetails: true })
    return transport.within({ signal, timeoutMs }, async (deadline) => {
      const { signal: ended } = deadline
      for (;;) {
        const status = await transport.guard(call, deadline, () => this.status(batchId, { signal: ended }))
        onProgress(status)
        if (status.status === 'complete') return status
        await transport.guard(call, deadline, () => sleep(pollMs, ended))
      }
    })
  }

  /**
   * Reads the rows that failed, as a text that can be mended and uploaded again.
   *
   * Limit of time until the stream is read: 10 minutes unless given.
   */
  failedRows(batchId: string, options: CallOptions = {}): Promise<ReadableStream<Uint8Array>> {
    const call = this.#statusCall(batchId, { failedRows: true })
    return this.#session.stream(call, { timeoutMs: transferTimeoutMs, ...options })
  }

  /** Lists batches, the latest first, by the Admin API. */
  list(page: Page = {}, options: CallOptions = {}): Promise<{ total: number; batches: BatchEntry[] }> {
    return this.#session.admin({ method: 'GET', path: '/batches', query: { ...page } }, options)
  }

  /** Reads a batch as lists show it, by the Admin API. @throws ServiceError `batch_not_found` */
  get(batchId: string, options: CallOptions = {}): Promise<BatchEntry> {
    return this.#session.admin({ method: 'GET', path: `/batches/${pathPart(batchId)}` }, options)
  }

  #statusCall(batchId: string, what: { showDetails?: boolean; failedRows?: boolean }) {
    return {
      method: 'GET',
      path: `/m2/${pathPart(this.#session.client)}/profile/batchStatus${queryText({ batchId, ...what })}`,
      headers: { accept: 'application/json' },
    } as const
  }
}

/** What is in memory stays there, so that it has a length and can be sent again. */
async function compress(body: BatchBody): Promise<Body> {
  if (body instanceof ReadableStream) return compressed(body)
  return new Response(compressed(new Blob([body]).stream())).blob()
}

function compressed(stream: ReadableStream<Uint8Array>): ReadableStream<Uint8Array> {
  const gzip: unknown = new CompressionStream('gzip')
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- it takes bytes; browsers' types say more
  return stream.pipeThrough(gzip as TransformStream<Uint8Array, Uint8Array>)
}
