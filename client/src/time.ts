/** Taken by every method as its last argument. */
export interface CallOptions {
  /** Ends the call; the method then throws the signal's reason. */
  readonly signal?: AbortSignal | undefined
  /** Limit of the whole call, tries again and waits between them included. */
  readonly timeoutMs?: number | undefined
}

/**
 * The time limit of one call together with its caller's signal.
 *
 * By hand rather than by `AbortSignal.any` and `timeout`: Node 20 may collect such signals before
 * they fire, and their timers cannot be ended.
 */
export class Deadline {
  readonly #controller = new AbortController()
  readonly #outer: AbortSignal | undefined
  readonly #endsAtMs: number
  readonly #timer: ReturnType<typeof setTimeout> | undefined
  #hasPassed = false

  /** @param timeoutMs Infinity for none */
  constructor(timeoutMs: number, outer: AbortSignal | undefined) {
    this.#outer = outer
    this.#endsAtMs = performance.now() + timeoutMs
    if (outer?.aborted) this.#abort()
    outer?.addEventListener('abort', this.#abort)
    if (timeoutMs <= timerMsMax) this.#timer = setTimeout(this.#pass, timeoutMs)
  }

  get signal(): AbortSignal {
    return this.#controller.signal
  }

  /** Whether the limit passed, rather than that the caller ended the call. */
  get hasPassed(): boolean {
    return this.#hasPassed
  }

  get leftMs(): number {
    return this.#endsAtMs - performance.now()
  }

  /** To be called at the call's end, whatever it was. */
  release(): void {
    clearTimeout(this.#timer)
    this.#outer?.removeEventListener('abort', this.#abort)
  }

  readonly #abort = () => this.#controller.abort(this.#outer?.reason)

  readonly #pass = () => {
    this.#hasPassed = true
    this.#controller.abort(new DOMException('The time limit of the call passed.', 'TimeoutError'))
  }
}

/** Timers with more than this fire at once. */
const timerMsMax = 2_147_483_647

/** Waits; throws the signal's reason when that comes first. */
export function sleep(ms: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    const stop = () => {
      clearTimeout(timer)
      // oxlint-disable-next-line typescript/prefer-promise-reject-errors -- whatever the caller chose
      reject(signal.reason)
    }
    const timer = setTimeout(() => {
      signal.removeEventListener('abort', stop)
      resolve()
    }, ms)
    if (signal.aborted) stop()
    else signal.addEventListener('abort', stop, { once: true })
  })
}

/** Waits for work that others share, until the signal ends the waiting; the work goes on. */
export function until<Result>(work: Promise<Result>, signal: AbortSignal): Promise<Result> {
  return new Promise((resolve, reject) => {
    // oxlint-disable-next-line typescript/prefer-promise-reject-errors -- whatever the caller chose
    const stop = () => reject(signal.reason)
    if (signal.aborted) stop()
    else signal.addEventListener('abort', stop, { once: true })
    work.then(resolve, reject).finally(() => signal.removeEventListener('abort', stop))
  })
}
