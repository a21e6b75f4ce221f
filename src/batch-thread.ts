import { randomUUID } from 'node:crypto'
import { isMainThread, parentPort, Worker, workerData } from 'node:worker_threads'
import type { Logger } from 'pino'
import type { Config } from './config.ts'
import { runWorker } from './domain/batches/worker.ts'
import type { DomainContext } from './domain/context.ts'
import { watchStore, type StoreReport } from './domain/watched-store.ts'
import { openLog } from './log.ts'
import { buildContext, openStore } from './services.ts'

/** Applies accepted batches beside the requests. */
export interface BatchRunner {
  /** Tells it that there is something to do. */
  wake(): void
  /** Ends it after the group of rows under way; the rest is applied after the next start. */
  stop(): Promise<void>
}

/** How long a thread that ended by itself stays away, ms. */
const restartAfterMs = 1_000

/**
 * Young generation of the thread, MB: rows live for one group only, so more room would be used
 * for garbage, not for speed.
 */
const youngGenerationMb = 8

/**
 * Starts a thread of its own that applies batches, and starts it again should it fail.
 *
 * @param report told of each group of rows and each checkpoint
 */
export function startBatchThread(
  config: Config,
  log: Logger,
  report: (report: StoreReport) => void,
): BatchRunner {
  let stopping = false
  let worker = start()
  let ended: Promise<void> = ending(worker)

  function start(): Worker {
    return new Worker(new URL(import.meta.url), {
      workerData: { config },
      resourceLimits: { maxYoungGenerationSizeMb: youngGenerationMb },
    })
  }
  function ending(thread: Worker): Promise<void> {
    thread.on('message', report)
    thread.on('error', (error) => log.error({ err: error }, 'the batch thread failed'))
    return new Promise((resolve) => {
      thread.on('exit', () => {
        resolve()
        if (!stopping) setTimeout(restart, restartAfterMs).unref()
      })
    })
  }
  function restart() {
    if (stopping) return
    worker = start()
    ended = ending(worker)
  }
  return {
    wake: () => worker.postMessage('wake'),
    stop: async () => {
      stopping = true
      worker.postMessage('stop')
      await ended
    },
  }
}

/** Applies batches in this thread: for a store that no other thread can see. */
export function startBatchLoop(context: DomainContext, log: Logger): BatchRunner {
  const stop = new AbortController()
  let wake: (() => void) | undefined
  const waitForWork = (atMostMs: number) =>
    new Promise<void>((resolve) => {
      const timer = setTimeout(resolve, atMostMs)
      wake = () => {
        clearTimeout(timer)
        resolve()
      }
    })
  const ended = runWorker(context, {
    holder: randomUUID(),
    signal: stop.signal,
    onProblem: (batchId, error) => log.error({ err: error, batchId }, 'a batch cannot go on for now'),
    onAway: ({ code, detail }) =>
      log.warn({ ...detail, code }, 'the store cannot be reached; batches go on when it can'),
    waitForWork,
  })
  return {
    wake: () => wake?.(),
    stop: async () => {
      stop.abort()
      wake?.()
      await ended
    },
  }
}

async function runInThread(config: Config) {
  const log = openLog(config)
  const opened = await openStore(config, { as: 'attached' })
  const store = watchStore(opened, (report) => parentPort?.postMessage(report))
  const loop = startBatchLoop(
    buildContext(config, store, () => {}),
    log,
  )
  parentPort?.on('message', (message) => {
    if (message === 'wake') loop.wake()
    else
      void loop
        .stop()
        .then(() => store.close())
        .then(() => parentPort?.close())
  })
}

// oxlint-disable-next-line typescript/no-unsafe-type-assertion -- what `startBatchThread` hands over
if (!isMainThread && workerData?.config !== undefined) await runInThread(workerData.config as Config)
