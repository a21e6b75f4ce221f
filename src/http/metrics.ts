import { AggregatorRegistry, collectDefaultMetrics, Counter, Gauge, Registry } from 'prom-client'
import type { CommitReport, RowsReport, StoreReport } from '../domain/watched-store.ts'
import { errorCodes, type ErrorCode } from '../lib/errors.ts'
import { within } from '../lib/within.ts'
import { Durations } from './durations.ts'

/** How long one reading may take, ms: a scrape waits for all of them. */
const readingMsMax = 2_000

const requestBuckets = [0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 10, 60]
const commitBuckets = [0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 5]

/** One value of a gauge that has labels. */
export interface Sample {
  readonly labels: Readonly<Record<string, string>>
  readonly value: number
}

/** A gauge and what of a reading it shows; `undefined` shows nothing. */
export interface ReadGauge<T> {
  readonly name: string
  readonly help: string
  readonly labels?: readonly string[]
  readonly show: (read: T) => number | undefined | readonly Sample[]
}

/** What is looked up at each scrape, and the gauges that show it. */
export interface Reading<T> {
  /** Names it among the failures of scrapes. */
  readonly name: string
  readonly read: () => Promise<T>
  readonly gauges: readonly ReadGauge<T>[]
}

/** Figures of one process as they are sent to another one. */
export type MetricSamples = Awaited<ReturnType<Registry['getMetricsAsJSON']>>

/** A request that was answered. */
export interface RequestFacts {
  readonly method: string
  /** The route's pattern, never the address. */
  readonly route: string
  readonly status: string
  readonly seconds: number
}

/**
 * All figures of one server, in a registry of its own.
 *
 * What happens is counted as it happens; what is (backlog, sizes, ages) is read when somebody asks.
 */
export class Metrics {
  readonly #registry = new Registry()
  readonly #readings: (() => Promise<void>)[] = []
  #rendering: Promise<string> | undefined

  readonly #requests = new Durations(
    {
      name: 'silhouette_http_request_duration_seconds',
      help:
        'Requests by method, route and status, with the time from the request line to the end of the ' +
        'reply. The status is "aborted" where the caller went away before it could be answered.',
      labelNames: ['method', 'route', 'status'],
      buckets: requestBuckets,
    },
    this.#registry,
  )
  readonly #refusals = this.#counter(
    'silhouette_refusals_total',
    'Requests refused, by the code of the reference of errors.',
    ['code'],
  )
  readonly #writes = this.#counter(
    'silhouette_profile_writes_total',
    'Single updates and visits by source (update, visit) and outcome.',
    ['source', 'outcome'],
  )
  readonly #nearLimit = this.#counter(
    'silhouette_profile_writes_near_limit_total',
    'Writes, by source (update, visit, rows), that left their profile above 90 % of its 64 KiB.',
    ['source'],
  )
  readonly #commits = new Durations(
    {
      name: 'silhouette_store_commit_duration_seconds',
      help: 'Time until the store confirmed a write, by source: an update, a visit, a group of batch rows.',
      labelNames: ['source'],
      buckets: commitBuckets,
    },
    this.#registry,
  )
  readonly #rows = this.#counter(
    'silhouette_batch_rows_total',
    'Rows of batches by outcome, counted once each, as the status of a batch counts them.',
    ['outcome'],
  )
  readonly #batches = this.#counter('silhouette_batches_completed_total', 'Batches that became complete.')
  readonly #failures = this.#counter(
    'silhouette_scrape_failures_total',
    'Readings that failed or took longer than 2 s; their gauges are missing from that scrape.',
    ['reading'],
  )

  readonly #node = this.#gauge({
    name: 'silhouette_node_info',
    help: 'Always 1; says which node this is, and its version.',
    labels: ['node', 'version'],
  })

  constructor() {
    for (const code of Object.keys(errorCodes)) this.#refusals.inc({ code }, 0)
  }

  /** Says which node all this is told of. */
  tellNode({ node, version }: { node: string; version: string }): void {
    this.#node.set([{ labels: { node, version }, value: 1 }])
  }

  observeRequest(request: RequestFacts): void {
    this.#requests.observe(request, request.seconds)
  }

  countRefusal(code: ErrorCode): void {
    this.#refusals.inc({ code })
  }

  /** Takes in what the store tells of its writes, those of the batch thread among them. */
  record(report: StoreReport): void {
    if (report.kind === 'commit') this.#recordCommit(report)
    else this.#recordRows(report)
  }

  /** Adds gauges that are read at each scrape. A reading that fails leaves its own gauges out, no others. */
  addReading<T>({ name, read, gauges }: Reading<T>): void {
    const shown = gauges.map(({ show, ...gauge }) => ({ show, gauge: this.#gauge(gauge) }))
    this.#failures.inc({ reading: name }, 0)
    this.#readings.push(async () => {
      for (const { gauge } of shown) gauge.clear()
      try {
        const value = await within(readingMsMax, read(), tooSlow)
        for (const { gauge, show } of shown) gauge.set(show(value))
      } catch {
        // Whatever it was: figures without some gauges are worth more than none.
        this.#failures.inc({ reading: name })
      }
    })
  }

  /** Adds what prom-client tells of the process: CPU, memory, event loop, garbage collection. */
  addProcess(): void {
    collectDefaultMetrics({ register: this.#registry })
  }

  /** Tells of every metric that was added so far what it is. */
  describe(): { name: string; type: string; help: string; labels: readonly string[] }[] {
    return this.#registry.getMetricsAsArray().map((metric) => ({
      name: metric.name,
      help: metric.help,
      type: String(metric.type),
      labels: 'labelNames' in metric && Array.isArray(metric.labelNames) ? metric.labelNames.map(String) : [],
    }))
  }

  get contentType(): string {
    return this.#registry.contentType
  }

  /** Writes all figures in Prometheus's text format. Calls at the same time share one reading. */
  render(): Promise<string> {
    this.#rendering ??= this.#render().finally(() => (this.#rendering = undefined))
    return this.#rendering
  }

  /** All figures, for another process that puts those of several together. */
  async collect(): Promise<MetricSamples> {
    await Promise.all(this.#readings.map((read) => read()))
    return this.#registry.getMetricsAsJSON()
  }

  /** Writes these figures and those of other processes as if they were of one. */
  async renderWith(others: readonly MetricSamples[]): Promise<string> {
    return AggregatorRegistry.aggregate([await this.collect(), ...others]).metrics()
  }

  async #render(): Promise<string> {
    await Promise.all(this.#readings.map((read) => read()))
    return this.#registry.metrics()
  }

  #recordCommit({ source, seconds, outcomes, nearLimit }: CommitReport) {
    this.#commits.observe({ source }, seconds)
    if (nearLimit > 0) this.#nearLimit.inc({ source }, nearLimit)
    // Rows are counted by checkpoints: those after the last one are applied again after a crash.
    if (source === 'rows') return
    for (const [outcome, count] of Object.entries(outcomes)) {
      if (count > 0) this.#writes.inc({ source, outcome }, count)
    }
  }

  #recordRows({ counts, completed }: RowsReport) {
    for (const [outcome, count] of Object.entries(counts)) {
      if (count > 0) this.#rows.inc({ outcome }, count)
    }
    if (completed) this.#batches.inc()
  }

  #counter(name: string, help: string, labelNames: readonly string[] = []): Counter {
    return new Counter({ name, help, labelNames, registers: [this.#registry] })
  }

  #gauge(gauge: Omit<ReadGauge<never>, 'show'>): ShownGauge {
    return new ShownGauge(gauge, this.#registry)
  }
}

/** What was counted by processes that are gone, as if by one. */
export async function sumCounts(all: readonly MetricSamples[]): Promise<MetricSamples> {
  const counts = all.map((samples) => samples.filter(({ type }) => countedTypes.has(String(type))))
  return AggregatorRegistry.aggregate(counts).getMetricsAsJSON()
}

const countedTypes: ReadonlySet<string> = new Set(['counter', 'histogram'])

const tooSlow = () => new Error(`took longer than ${readingMsMax} ms`)

/** A gauge that shows nothing rather than what was true once. */
class ShownGauge {
  readonly #gauge: Gauge
  readonly #isLabelled: boolean

  constructor({ name, help, labels = [] }: Omit<ReadGauge<never>, 'show'>, registry: Registry) {
    this.#gauge = new Gauge({ name, help, labelNames: labels, registers: [registry] })
    this.#isLabelled = labels.length > 0
  }

  clear() {
    this.#gauge.reset()
    // A gauge without labels is set to 0 by its reset.
    if (!this.#isLabelled) this.#gauge.remove()
  }

  set(shown: number | undefined | readonly Sample[]) {
    if (shown === undefined) return
    if (typeof shown === 'number') this.#gauge.set(shown)
    else for (const { labels, value } of shown) this.#gauge.set(labels, value)
  }
}
