import { setTimeout as sleep } from 'node:timers/promises'
import { NotReachable, ServiceError, type BatchStatus } from '#client'
import { Refusal } from '../../lib/errors.ts'
import type { OnlineCall } from '../command.ts'
import { Refused, UsageError } from '../errors.ts'
import { openDisplay, type Display } from './display.ts'
import { limitsOf, openRows, requireKeyForCsv, stemOf, type FileOptions } from './file-options.ts'
import { refuseFailed, waitForBatches, type Accepted } from './follow.ts'
import { Splitter, type Part } from './parts.ts'
import { byteUnit, bytesText, countText } from './progress.ts'
import { Rejects } from './rejects.ts'
import { openSource, type Source } from './source.ts'

export interface UploadOptions extends FileOptions {
  readonly v1?: true
  readonly wait?: true
  readonly gzip?: true
  readonly fromPart?: number
}

/** Times that a part is sent at the most, where the service says that it took nothing of it. */
const triesMax = 3

/**
 * Uploads a file, in several parts where it is too large for one, and waits for them with `--wait`.
 *
 * Whatever ends it, what was accepted is told, and with which part to go on.
 */
export async function uploadFile(call: OnlineCall<UploadOptions>, file: string): Promise<void> {
  requireKeyForCsv(call.options)
  const { key, rejects: given = `${stemOf(file)}.rejected.csv` } = call.options
  const rejects = new Rejects(key === undefined ? undefined : given)
  const source = await openSource(file, call.shell)
  const display = openDisplay(call.shell, call.print.isJson)
  const upload = new Upload(call, { source, rejects, display })
  let statuses: readonly BatchStatus[] | undefined
  try {
    await upload.run()
    if (call.options.wait) statuses = await waitForBatches(call, display, upload.accepted)
  } catch (error) {
    report(call, upload, rejects)
    if (error instanceof NotReachable && !upload.isComplete) {
      call.print.note(
        `Whether part ${upload.nextPart} was accepted is not known; sent again it does no harm.`,
      )
    }
    throw error
  } finally {
    rejects.close()
  }
  report(call, upload, rejects, statuses)
  refuseFailed(call.options, statuses ?? [], rejects)
}

interface Means {
  readonly source: Source
  readonly rejects: Rejects
  readonly display: Display
}

/** The parts of one file on their way. */
class Upload {
  readonly accepted: Accepted[] = []
  readonly #call: OnlineCall<UploadOptions>
  readonly #means: Means
  /** The next part to be sent. */
  nextPart: number
  /** Whether all parts are accepted. */
  isComplete = false

  constructor(call: OnlineCall<UploadOptions>, means: Means) {
    this.#call = call
    this.#means = means
    this.nextPart = call.options.fromPart ?? 1
  }

  /** Sends all parts that are not accepted yet, some of them again where that can do no harm. */
  async run(): Promise<void> {
    for (let tries = 1, part = this.nextPart; ; tries++) {
      try {
        return await this.#pass()
      } catch (error) {
        if (this.nextPart !== part) tries = 1
        part = this.nextPart
        const waitMs = this.#means.source.isFile && tries < triesMax ? waitMsOf(error) : undefined
        if (waitMs === undefined) throw error
        this.#call.print.note(`Part ${part} was not taken for the moment; trying again.`)
        await sleep(waitMs, undefined, { signal: this.#call.signal }).catch(() => {
          throw this.#call.signal.reason
        })
      }
    }
  }

  /** Reads the file once, and sends the parts that are due. */
  async #pass() {
    const { options } = this.#call
    const { source, rejects, display } = this.#means
    const step = display.begin({ label: 'Sent', unit: byteUnit, total: source.size })
    let read = 0
    let splitter: Splitter | undefined
    try {
      const onRead = (bytes: number) => step.update((read += bytes))
      splitter = new Splitter(await openRows(source, options, { rejects, onRead }), limitsOf(options))
      let parts = 0
      for (let part = await splitter.next(); part; part = await splitter.next()) {
        parts = part.number
        if (part.number < this.nextPart) for await (const _ of splitter.read(part));
        else await this.#send(splitter, part)
      }
      if (this.accepted.length === 0) throw nothingToSend(parts, this.nextPart, rejects.count)
      this.isComplete = true
    } finally {
      step.end()
      await splitter?.close()
    }
  }

  async #send(splitter: Splitter, part: Part) {
    const { service, options, signal, connection } = this.#call
    const { v1 = false, gzip = false } = options
    const body = new PartStream(splitter.read(part))
    const { timeoutMs } = connection
    try {
      const batchId = await service.batches.upload(body.stream, {
        v1,
        gzip,
        signal,
        ...(timeoutMs !== undefined && { timeoutMs }),
      })
      this.accepted.push({ batchId, part })
      this.nextPart = part.number + 1
    } catch (error) {
      // What is wrong with the file ends the call as the network would.
      throw body.failure ?? error
    }
  }
}

/** The bytes of a part, read no faster than they are sent. */
class PartStream {
  readonly stream: ReadableStream<Uint8Array>
  /** Why the part could not be read. */
  failure: unknown

  constructor(pieces: AsyncGenerator<Buffer>) {
    this.stream = new ReadableStream<Uint8Array>(
      {
        pull: async (controller) => {
          try {
            const { done, value } = await pieces.next()
            if (done) controller.close()
            else controller.enqueue(value)
          } catch (error) {
            this.failure = error
            controller.error(error)
          }
        },
        cancel: async () => void (await pieces.return(undefined)),
      },
      { highWaterMark: 0 },
    )
  }
}

function nothingToSend(parts: number, fromPart: number, rejected: number): Error {
  if (parts > 0) return new UsageError(`There is no part ${fromPart}: the file makes ${parts}.`)
  if (rejected > 0) return new Refused('No record of the file makes a row.')
  return new Refusal('batch_invalid', 'The file has no rows; put one visitor on each line after the header.')
}

/** How long to wait before a part is sent again; only where the service says that it took nothing. */
function waitMsOf(error: unknown): number | undefined {
  if (!(error instanceof ServiceError) || error.status !== 503) return undefined
  return error.retryAfterSeconds === undefined ? undefined : error.retryAfterSeconds * 1000
}

/** Tells of what was accepted and left out, also after a failure. */
function report(
  { print }: OnlineCall<UploadOptions>,
  upload: Upload,
  rejects: Rejects,
  statuses: readonly BatchStatus[] = [],
) {
  const { accepted, isComplete, nextPart } = upload
  for (const line of rejects.lines) print.note(line)
  const document = {
    batches: accepted.map(({ batchId, part }, index) => ({
      batchId,
      ...partFacts(part),
      ...statuses[index],
    })),
    ...(!isComplete && { nextPart }),
    ...rejects.document,
  }
  const rows = accepted.map((one, index) => ({ ...one, status: statuses[index] }))
  if (print.isJson || rows.length > 0) print.table(document, rows, columnsOf(statuses.length > 0), '')
  if (isComplete || accepted.length === 0) return
  print.note(`What stands above is accepted. Go on by the same command with --from-part ${nextPart}.`)
}

function partFacts({ number, rows, bytes, firstLine, lastLine }: Part) {
  return { part: number, rows, bytes, firstLine, lastLine }
}

interface ShownRow extends Accepted {
  readonly status: BatchStatus | undefined
}

function columnsOf(isApplied: boolean) {
  return {
    BATCH: ({ batchId }: ShownRow) => batchId,
    PART: ({ part }: ShownRow) => part.number,
    LINES: ({ part }: ShownRow) => `${part.firstLine}-${part.lastLine}`,
    ROWS: ({ part }: ShownRow) => countText(part.rows),
    BYTES: ({ part }: ShownRow) => bytesText(part.bytes),
    ...(isApplied && {
      STATUS: ({ status }: ShownRow) => status?.status,
      SUCCESSFUL: ({ status }: ShownRow) => status && countText(status.successfulUpdates),
      'NOT FOUND': ({ status }: ShownRow) => status && countText(status.profilesNotFound),
      FAILED: ({ status }: ShownRow) => status && countText(status.failedUpdates),
    }),
  }
}
