import type { IncomingMessage } from 'node:http'
import { Refusal } from '../lib/errors.ts'
import type { HttpSettings } from './services.ts'

type GuardSettings = Pick<HttpSettings, 'bodyIdleSeconds' | 'bodyRateMin' | 'bodyRateWindowSeconds'>

/** A body that is being read, and how far its bytes had come when last looked at. */
interface Watched {
  readonly request: IncomingMessage
  readonly cutOff: (refusal: Refusal) => void
  bytes: number
  lastByteMs: number
  windowBytes: number
  windowStartMs: number
}

/**
 * Cuts off bodies that stop arriving or arrive too slowly.
 *
 * One timer looks at the byte counters of all open bodies; a request costs an entry in a set while
 * its body is read, and nothing for each chunk. While we are the slow ones (all bytes are
 * there, or some wait to be read), the sender is not blamed.
 *
 * @source decisions.md §5
 */
export class BodyGuard {
  readonly #settings: GuardSettings
  readonly #watched = new Set<Watched>()
  readonly #timer: NodeJS.Timeout

  constructor(settings: GuardSettings) {
    this.#settings = settings
    const shortestMs = Math.min(settings.bodyIdleSeconds, settings.bodyRateWindowSeconds) * 1_000
    this.#timer = setInterval(() => this.#look(), Math.min(1_000, shortestMs / 4)).unref()
  }

  /**
   * Watches a body until the returned function is called.
   *
   * @param cutOff called once with the refusal (`body_too_slow`) when the body is given up
   */
  watch(request: IncomingMessage, cutOff: (refusal: Refusal) => void): () => void {
    const nowMs = performance.now()
    const bytes = bytesRead(request)
    const entry = { request, cutOff, bytes, lastByteMs: nowMs, windowBytes: bytes, windowStartMs: nowMs }
    this.#watched.add(entry)
    return () => this.#watched.delete(entry)
  }

  close(): void {
    clearInterval(this.#timer)
  }

  #look() {
    const nowMs = performance.now()
    for (const entry of this.#watched) {
      const fault = this.#judge(entry, nowMs)
      if (fault === undefined) continue
      this.#watched.delete(entry)
      entry.cutOff(new Refusal('body_too_slow', fault))
    }
  }

  #judge(entry: Watched, nowMs: number): string | undefined {
    const { bodyIdleSeconds, bodyRateMin, bodyRateWindowSeconds } = this.#settings
    const bytes = bytesRead(entry.request)
    const isOurTurn = isWaitingForUs(entry.request)
    if (bytes > entry.bytes || isOurTurn) entry.lastByteMs = nowMs
    if (isOurTurn) restartWindow(entry, bytes, nowMs)
    entry.bytes = bytes
    if (nowMs - entry.lastByteMs >= bodyIdleSeconds * 1_000) {
      return `No byte of the body arrived for ${bodyIdleSeconds} s; send the request again.`
    }
    const elapsedSeconds = (nowMs - entry.windowStartMs) / 1_000
    if (elapsedSeconds < bodyRateWindowSeconds) return undefined
    const isTooSlow = bytes - entry.windowBytes < bodyRateMin * elapsedSeconds
    restartWindow(entry, bytes, nowMs)
    if (!isTooSlow) return undefined
    const limit = `${bodyRateMin} bytes a second over ${bodyRateWindowSeconds} s`
    return `The body arrived slower than ${limit}; send the request again.`
  }
}

function isWaitingForUs(request: IncomingMessage): boolean {
  return request.complete || request.readableLength > 0 || request.isPaused()
}

function restartWindow(entry: Watched, bytes: number, nowMs: number) {
  entry.windowBytes = bytes
  entry.windowStartMs = nowMs
}

function bytesRead(request: IncomingMessage): number {
  // A request that is injected in a test has no socket that counts.
  return request.socket.bytesRead ?? 0
}
