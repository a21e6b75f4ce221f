import type { FastifyReply, FastifyRequest } from 'fastify'
import type { IncomingMessage } from 'node:http'
import type { Transform } from 'node:stream'
import { createBrotliDecompress, createGunzip } from 'node:zlib'
import { Refusal } from '../lib/errors.ts'
import type { BodyGuard } from './body-guard.ts'
import { sendContinue } from './expect-continue.ts'
import { hasBody } from './unread-body.ts'

/** The connection ended within the body: nobody is left to be answered, and nothing is to be logged. */
export class BodyLost extends Error {}

interface Exchange {
  readonly request: FastifyRequest
  readonly reply: FastifyReply
}

/**
 * Reads the bodies of requests, never before a handler asks for them.
 *
 * Every reading is watched by the guard and tells a waiting sender to go on.
 */
export class Bodies {
  readonly #guard: BodyGuard

  constructor(guard: BodyGuard) {
    this.#guard = guard
  }

  /**
   * Reads a body whole; an absent one is empty.
   *
   * @param refuse makes the refusal of a body of more than `bytesMax` bytes. It is thrown before
   *               anything is read when the Content-Length says so, else as soon as it is seen.
   * @throws       that refusal, Refusal `body_too_slow` or `body_malformed`, or BodyLost
   */
  async read(exchange: Exchange, bytesMax: number, refuse: () => Refusal): Promise<Buffer> {
    const { raw } = exchange.request
    if (contentLength(raw) > bytesMax) throw refuse()
    if (!hasBody(raw)) return Buffer.alloc(0)
    if (encodingOf(raw) !== 'identity') {
      throw new Refusal(
        'body_malformed',
        'Content-Encoding is taken by batch uploads only; send this body as it is.',
      )
    }
    begin(exchange)
    return this.#collect(raw, bytesMax, refuse)
  }

  /**
   * Opens a body for reading in pieces, decoded as its Content-Encoding says.
   *
   * The iteration fails with Refusal `body_too_slow`, with Refusal `body_malformed` when the body
   * is not what its encoding says, and with BodyLost. Memory is bounded by the decoder's buffers.
   *
   * @throws Refusal `body_malformed` for an unknown encoding
   */
  open(exchange: Exchange): AsyncIterable<Uint8Array> {
    const { raw } = exchange.request
    const encoding = encodingOf(raw)
    if (encoding === 'identity') return this.#pieces(exchange)
    const decoder = decoders.get(encoding)?.()
    if (decoder === undefined) {
      throw new Refusal(
        'body_malformed',
        `Content-Encoding "${encoding.slice(0, 100)}" is not known; use gzip, br or none.`,
      )
    }
    return this.#decode(exchange, decoder, encoding)
  }

  #collect(raw: IncomingMessage, bytesMax: number, refuse: () => Refusal): Promise<Buffer> {
    return new Promise((resolve, reject) => {
      const chunks: Buffer[] = []
      let bytes = 0
      const finish = (settle: () => void) => {
        release()
        raw.off('data', take).off('end', end).off('close', lose)
        settle()
      }
      const fail = (error: Error) => finish(() => reject(error))
      const take = (chunk: Buffer) => {
        chunks.push(chunk)
        bytes += chunk.length
        if (bytes > bytesMax) fail(refuse())
      }
      const end = () => finish(() => resolve(Buffer.concat(chunks, bytes)))
      const lose = () => fail(new BodyLost())
      const release = this.#guard.watch(raw, fail)
      raw.on('data', take).on('end', end).on('close', lose)
    })
  }

  /** The pieces of a body as they arrive; the sender waits when too many wait here. */
  async *#pieces(exchange: Exchange): AsyncGenerator<Uint8Array> {
    begin(exchange)
    const { raw } = exchange.request
    const waiting = new WaitingPieces(raw)
    const release = this.#guard.watch(raw, waiting.fail)
    try {
      for (;;) {
        const piece = waiting.take()
        if (piece !== undefined) yield piece
        else if (!(await waiting.more())) return
      }
    } finally {
      release()
      waiting.leave()
    }
  }

  async *#decode(exchange: Exchange, decoder: Decoder, encoding: string): AsyncGenerator<Uint8Array> {
    begin(exchange)
    const { raw } = exchange.request
    const release = this.#guard.watch(raw, (refusal) => decoder.destroy(refusal))
    const lose = () => decoder.destroy(new BodyLost())
    let bytes = 0
    const count = (chunk: Buffer) => void (bytes += chunk.length)
    raw.once('end', () => raw.off('close', lose)).once('close', lose)
    // The iteration reports errors; one that comes after its end must not become uncaught.
    decoder.on('error', () => {})
    try {
      // `pipe`, not `pipeline`: a refusal destroys the decoder, and the request must live to be answered.
      yield* raw.on('data', count).pipe(decoder)
      // zlib stops at the end of its data, whatever follows.
      if (!raw.readableEnded || (decoder.bytesWritten ?? bytes) < bytes) {
        throw malformed(encoding, 'bytes follow its end')
      }
    } catch (error) {
      throw isDecodingFault(error) ? malformed(encoding, error.message) : error
    } finally {
      release()
      raw.off('close', lose).off('data', count).unpipe(decoder)
    }
  }
}

/** Bytes that may wait to be taken before the sender has to. */
const waitingBytesMax = 1_048_576
/** What a piece takes besides its bytes: a sender may cut them small. */
const pieceBytes = 256

/**
 * What has arrived of a body and waits to be taken.
 *
 * @source bench `upload`: iterating the stream itself, or one that it is piped to, takes longer
 */
class WaitingPieces {
  readonly #raw: IncomingMessage
  #pieces: Buffer[] = []
  #next = 0
  #bytes = 0
  #hasEnded = false
  #failure: Error | undefined
  #wake = () => {}

  constructor(raw: IncomingMessage) {
    this.#raw = raw
    raw.on('data', this.#add).on('end', this.#end).on('close', this.#lose)
  }

  readonly fail = (failure: Error) => {
    this.#failure ??= failure
    this.#wake()
  }

  take(): Buffer | undefined {
    if (this.#failure) throw this.#failure
    const piece = this.#pieces[this.#next++]
    if (piece !== undefined) return piece
    this.#pieces = []
    this.#next = this.#bytes = 0
    if (this.#raw.isPaused()) this.#raw.resume()
    return undefined
  }

  /** Waits for a piece or a failure; false at the end. */
  async more(): Promise<boolean> {
    if (this.#pieces.length === 0 && !this.#failure && !this.#hasEnded)
      await new Promise<void>((resolve) => (this.#wake = resolve))
    return this.#pieces.length > 0 || this.#failure !== undefined
  }

  leave() {
    this.#raw.off('data', this.#add).off('end', this.#end).off('close', this.#lose).pause()
  }

  readonly #add = (piece: Buffer) => {
    this.#pieces.push(piece)
    this.#bytes += piece.length + pieceBytes
    if (this.#bytes >= waitingBytesMax) this.#raw.pause()
    this.#wake()
  }

  readonly #end = () => {
    this.#hasEnded = true
    this.#wake()
  }

  readonly #lose = () => {
    if (!this.#hasEnded) this.fail(new BodyLost())
  }
}

/** zlib's streams tell how many bytes of their input they have used. */
type Decoder = Transform & { readonly bytesWritten?: number }

/** Decoded bytes handed on at a time. */
const outputBytes = 65_536

const decoders: ReadonlyMap<string, () => Decoder> = new Map<string, () => Decoder>([
  ['gzip', () => createGunzip({ chunkSize: outputBytes })],
  ['br', () => createBrotliDecompress({ chunkSize: outputBytes })],
])

/** The body's encoding under its usual name. */
function encodingOf({ headers }: IncomingMessage): string {
  const encoding = headers['content-encoding']?.trim().toLowerCase() ?? ''
  if (encoding === '') return 'identity'
  return encoding === 'x-gzip' ? 'gzip' : encoding
}

/** What the headers say of the body's size; 0 where they say nothing. */
export function contentLength({ headers }: IncomingMessage): number {
  return Number(headers['content-length'] ?? 0)
}

function malformed(encoding: string, what: string): Refusal {
  return new Refusal('body_malformed', `The body is not valid ${encoding} (${what}); compress it again.`)
}

function begin({ request, reply }: Exchange) {
  if (request.raw.destroyed && !request.raw.readableEnded) throw new BodyLost()
  sendContinue(request.raw, reply.raw)
}

/** Errors of zlib's own bear codes such as Z_DATA_ERROR and ERR_PADDING_1 (of Brotli). */
function isDecodingFault(error: unknown): error is Error {
  return (
    error instanceof Error && 'errno' in error && /^(Z_|ERR_)/.test(String('code' in error && error.code))
  )
}
