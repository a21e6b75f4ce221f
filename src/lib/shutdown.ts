/** Ends one thing that the process opened; called once. */
export type Closer = () => void | Promise<void>

/** What of the process a shutdown touches; `process` itself, or a stand-in of a test. */
export interface ShutdownHost {
  on(signal: 'SIGTERM' | 'SIGINT', listener: () => void): unknown
  exit(code: number): void
}

export interface Shutdown {
  /** Adds what must be closed; closed in the reverse order of adding. */
  add(name: string, close: Closer): void
  /** Closes everything, then ends the process. A second call changes nothing. */
  begin(exitCode?: number): Promise<void>
}

/**
 * A signal that follows another one so soon is the same stop: npm passes on what a terminal's Ctrl-C has
 * sent to all of its group already, ms.
 */
const repeatMs = 500

/**
 * Ends the process in good order on SIGTERM and SIGINT.
 *
 * Closers run one after the other, the last added first, so that what depends on something ends before
 * it. A closer that fails does not keep the others from running, but makes the exit code 1. When time
 * runs out the process ends all the same, as asked: one slow caller must not make a stop a failure.
 * A second signal ends the process at once, with 1, unless it comes within half a second.
 *
 * @param timeoutMs what all closers together may take
 * @param report    told of each closer that failed, and of the time limit
 * @param nowMs     any clock that goes on
 */
export function listenForShutdown(options: {
  readonly timeoutMs: number
  readonly report: (problem: string, cause?: unknown) => void
  readonly host?: ShutdownHost
  readonly nowMs?: () => number
}): Shutdown {
  const { timeoutMs, report, host = process, nowMs = () => performance.now() } = options
  const closers: { readonly name: string; readonly close: Closer }[] = []
  let ending: Promise<void> | undefined

  const begin = (exitCode = 0) => (ending ??= end(exitCode))
  const end = async (exitCode: number) => {
    const timer = setTimeout(() => {
      report(`cut off what had not ended within ${timeoutMs} ms`)
      host.exit(exitCode)
    }, timeoutMs)
    const closed = await closeAll(closers, report)
    clearTimeout(timer)
    host.exit(closed ? exitCode : 1)
  }
  let signalledAtMs: number | undefined
  const onSignal = () => {
    signalledAtMs ??= nowMs()
    if (ending === undefined) void begin()
    else if (nowMs() - signalledAtMs >= repeatMs) host.exit(1)
  }
  host.on('SIGTERM', onSignal)
  host.on('SIGINT', onSignal)
  return { add: (name, close) => void closers.push({ name, close }), begin }
}

async function closeAll(
  closers: { readonly name: string; readonly close: Closer }[],
  report: (problem: string, cause?: unknown) => void,
): Promise<boolean> {
  let closed = true
  for (let next = closers.pop(); next; next = closers.pop()) {
    try {
      await next.close()
    } catch (cause) {
      closed = false
      report(`could not close ${next.name}`, cause)
    }
  }
  return closed
}
