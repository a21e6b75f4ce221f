import cluster, { type Worker } from 'node:cluster'
import type { Logger } from 'pino'
import type { Attempt } from '../domain/accounts/attempts.ts'
import type { ControlContext } from '../domain/context.ts'
import { sumCounts, type Metrics, type MetricSamples } from '../http/metrics.ts'
import { Refusal } from '../lib/errors.ts'
import { within } from '../lib/within.ts'
import { answer, Asking, type Answers } from './asking.ts'
import type { Answered, Asked, Ordered, Questions, Requests, Told } from './messages.ts'

/** How long a worker that ended by itself stays away, ms. */
const restartAfterMs = 1_000

/** How long a worker may take to answer, ms: one that hangs is left out. */
const answerMsMax = 1_500

interface Member {
  readonly worker: Worker
  readonly asking: Asking<Requests>
  readonly attempts: Map<number, Attempt>
  readonly ended: Promise<void>
  /** What it counted, as told last. */
  samples: MetricSamples
}

export interface WorkerPoolOptions {
  readonly count: number
  /** The program that each worker runs. */
  readonly program: string
  readonly context: ControlContext
  readonly metrics: Metrics
  readonly log: Logger
  readonly batchAccepted: () => void
}

/**
 * Processes that answer requests on one port. What must be counted once for all of them, this one counts;
 * everything else they share through the store.
 *
 * A worker that ends by itself is replaced. When this process ends, however it does, they end too.
 */
export class WorkerPool {
  readonly #options: WorkerPoolOptions
  readonly #members = new Set<Member>()
  /** What workers counted that are gone: counts never fall. */
  #gone: MetricSamples[] = []
  #isStopping = false
  #lastAttempt = 0

  constructor(options: WorkerPoolOptions) {
    this.#options = options
    cluster.setupPrimary({ exec: options.program, args: process.argv.slice(2) })
  }

  /**
   * Starts them all.
   *
   * @returns the address that they listen on
   * @throws  Error that says why one of them could not start
   */
  async start(): Promise<string> {
    const urls = await Promise.all(Array.from({ length: this.#options.count }, () => this.#fork()))
    return urls[0] ?? ''
  }

  /** Makes them read the certificate again. */
  reload(): void {
    for (const { worker } of this.#members) order(worker, { kind: 'reload' })
  }

  /** Lets each end its requests, and waits for it. */
  async stop(): Promise<void> {
    this.#isStopping = true
    await Promise.all(
      [...this.#members].map(({ worker, ended }) => {
        order(worker, { kind: 'stop' })
        return ended
      }),
    )
  }

  /** Makes the metrics of all processes one text. */
  async scrape(): Promise<string> {
    const told = [...this.#members].map(async (member) => {
      member.samples = await soon(member.asking.ask('collect', null)).catch(() => member.samples)
      return member.samples
    })
    this.#gone = [await sumCounts(this.#gone)]
    return this.#options.metrics.renderWith([...this.#gone, ...(await Promise.all(told))])
  }

  /** @returns the address that it listens on */
  #fork(): Promise<string> {
    const worker = cluster.fork()
    const asking = new Asking<Requests>((message) => worker.send(message))
    return new Promise((resolve, reject) => {
      const ended = new Promise<void>((end) => {
        worker.once('exit', (code, signal) => {
          end()
          this.#lose(member)
          reject(new Error(`a worker ended (${signal ?? `exit code ${code}`}) before it listened`))
        })
      })
      const member: Member = { worker, asking, attempts: new Map(), ended, samples: [] }
      this.#members.add(member)
      const answers = this.#answersFor(member)
      worker.on('error', (error) => this.#options.log.error({ err: error }, 'a worker cannot be reached'))
      worker.on('message', (message: Asked | Answered | Told) => {
        if (message.kind === 'question') void answer(answers, message, (reply) => tell(worker, reply))
        else if (message.kind === 'accepted') this.#options.batchAccepted()
        else if (message.kind === 'listening') resolve(message.url)
        else if (message.kind === 'failed') reject(new Error(message.message))
        else asking.settle(message)
      })
    })
  }

  #lose(member: Member) {
    this.#members.delete(member)
    member.asking.end()
    // Its attempts to sign in stay failures: nobody knows what became of them.
    this.#gone.push(member.samples)
    if (this.#isStopping) return
    this.#options.log.error(
      { worker: member.worker.process.pid },
      'a worker ended; another one takes its place',
    )
    setTimeout(() => this.#replace(), restartAfterMs).unref()
  }

  #replace() {
    if (this.#isStopping) return
    this.#fork().catch((error: unknown) => {
      this.#options.log.error({ err: error }, 'a worker could not start')
    })
  }

  #answersFor({ attempts }: Member): Answers<Questions> {
    const { context } = this.#options
    return {
      countCall: ({ key, perMinute }) => context.callCounts.take(key, perMinute),
      beginAttempt: async (attempter) => {
        try {
          const number = ++this.#lastAttempt
          attempts.set(number, await context.attempts.begin(attempter))
          return { attempt: number }
        } catch (error) {
          if (!(error instanceof Refusal) || error.code !== 'sign_in_delayed') throw error
          return { retryAfterSeconds: Number(error.detail['retryAfterSeconds']) }
        }
      },
      endAttempt: async ({ attempt: number, how }) => {
        const attempt = attempts.get(number)
        attempts.delete(number)
        await attempt?.[how]()
        return null
      },
      scrape: () => this.scrape(),
      flushCallers: async () => {
        const flushed = [...this.#members].map(({ asking }) =>
          soon(asking.ask('flush', null)).catch(() => null),
        )
        await Promise.all(flushed)
        return null
      },
    }
  }
}

function soon<T>(answered: Promise<T>): Promise<T> {
  return within(answerMsMax, answered, () => new Error('a worker does not answer'))
}

function order(worker: Worker, message: Ordered) {
  tell(worker, message)
}

function tell(worker: Worker, message: Ordered | Answered) {
  // One that is about to end hears nothing any more.
  if (worker.isConnected()) worker.send(message)
}
