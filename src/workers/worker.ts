import type { Config } from '../config.ts'
import { delayed, type SignInAttempts } from '../domain/accounts/attempts.ts'
import type { ControlContext } from '../domain/context.ts'
import { Metrics } from '../http/metrics.ts'
import type { ShutdownHost } from '../lib/shutdown.ts'
import { listen } from '../listen.ts'
import { listenForShutdown } from '../lib/shutdown.ts'
import { openLog } from '../log.ts'
import { readSecretKey } from '../secret-key.ts'
import { startFlushing } from '../housekeeping.ts'
import { addControl, buildContext, openStore } from '../services.ts'
import { watchStore } from '../domain/watched-store.ts'
import { answer, Asking, type Answers } from './asking.ts'
import type { Answered, Asked, Ordered, Questions, Requests, Told } from './messages.ts'

/** Answers requests beside other workers, until the primary process ends or says so. */
export async function serveAsWorker(config: Config): Promise<void> {
  const log = openLog(config)
  const shutdown = listenForShutdown({
    timeoutMs: (config.drainSeconds + config.shutdownSeconds) * 1000,
    report: (problem, cause) => log.error({ err: cause }, problem),
    host: shutdownHost(),
  })
  // Whoever sends it to all processes: the primary one says when.
  if (config.tlsCert !== '') process.on('SIGHUP', () => {})
  const primary = new Primary()
  try {
    const metrics = new Metrics()
    metrics.addProcess()
    const opened = await openStore(config, { as: 'attached' })
    const store = watchStore(opened, (report) => metrics.record(report))
    shutdown.add('the store', () => store.close())
    const domain = buildContext(config, store, () => primary.tell({ kind: 'accepted' }))
    const context = primary.share(addControl(domain, readSecretKey(config)))
    shutdown.add('what was noted of callers', startFlushing(context, log))
    const scrape = () => primary.scrape()
    const { url, reload } = await listen({ config, log, shutdown, context, metrics, scrape })
    primary.listen({ answers: answersOf(context, metrics), reload })
    primary.tell({ kind: 'listening', url })
  } catch (error) {
    primary.tell({ kind: 'failed', message: error instanceof Error ? error.message : String(error) })
    await shutdown.begin(1)
  }
}

/** The primary process, as one of its workers sees it. */
class Primary {
  readonly #asking = new Asking<Questions>(send)

  /** Begins to hear it. */
  listen({ answers, reload }: { answers: Answers<Requests>; reload: () => void }): void {
    process.on('message', (message: Asked | Answered | Ordered) => {
      if (message.kind === 'question') void answer(answers, message, send)
      else if (message.kind === 'reload') reload()
      else if (message.kind !== 'stop') this.#asking.settle(message)
    })
  }

  tell(message: Told): void {
    send(message)
  }

  scrape(): Promise<string> {
    return this.#asking.ask('scrape', null)
  }

  /** The same context, in which the primary process counts what is counted once for all workers. */
  share(context: ControlContext): ControlContext {
    const asking = this.#asking
    return {
      ...context,
      attempts: attemptsThrough(asking),
      callCounts: { take: (key, perMinute) => asking.ask('countCall', { key, perMinute }) },
      flushCallers: async () => void (await asking.ask('flushCallers', null)),
    }
  }
}

/** What the primary process may ask a worker. */
function answersOf(context: ControlContext, metrics: Metrics): Answers<Requests> {
  return {
    collect: () => metrics.collect(),
    flush: async () => {
      await context.callers.flush({ everything: false })
      return null
    },
  }
}

/** A worker stops when the primary process says so, or when it is told to itself. */
function shutdownHost(): ShutdownHost {
  let isTold = false
  return {
    exit: (code) => process.exit(code),
    on: (signal, listener) => {
      const once = () => {
        if (!isTold) listener()
        isTold = true
      }
      // A terminal sends its signals to all processes: to this one the other says when its turn is.
      process.on(signal, signal === 'SIGINT' ? () => {} : once)
      process.on('message', (message: Ordered) => {
        if (message.kind === 'stop') once()
      })
    },
  }
}

function attemptsThrough(asking: Asking<Questions>): SignInAttempts {
  return {
    begin: async (attempter) => {
      const begun = await asking.ask('beginAttempt', attempter)
      if ('retryAfterSeconds' in begun) throw delayed(begun.retryAfterSeconds)
      const end = (how: 'succeed' | 'withdraw') => async () => {
        await asking.ask('endAttempt', { attempt: begun.attempt, how })
      }
      return { succeed: end('succeed'), withdraw: end('withdraw') }
    },
  }
}

function send(message: Asked | Answered | Told) {
  process.send?.(message)
}
