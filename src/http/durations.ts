import type { Metric, Registry } from 'prom-client'

interface DurationsOptions<Label extends string> {
  readonly name: string
  readonly help: string
  readonly labelNames: readonly Label[]
  /** Upper bounds of the buckets, in seconds, the smallest first. */
  readonly buckets: readonly number[]
}

/** What was observed under one set of labels. */
interface Series<Label extends string> {
  readonly labels: Readonly<Record<Label, string>>
  /** Observations by bucket, each in its own alone; those above all bounds come last. */
  readonly counts: number[]
  sum: number
}

/** Series by the value of one label, and below by that of the next. */
interface Branch<Label extends string> {
  readonly next: Map<string, Branch<Label>>
  series: Series<Label> | undefined
}

/**
 * A histogram of durations in a registry of prom-client, which asks it for its values at each scrape.
 *
 * prom-client's own checks the labels and puts their hash together with each observation.
 *
 * @source bench `requests`: that was half a microsecond of a fetch
 */
export class Durations<Label extends string> {
  readonly name: string
  readonly help: string
  readonly labelNames: readonly Label[]
  readonly type = 'histogram'
  readonly aggregator = 'sum'
  readonly #bounds: readonly number[]
  readonly #root: Branch<Label> = { next: new Map(), series: undefined }
  readonly #all: Series<Label>[] = []

  constructor({ name, help, labelNames, buckets }: DurationsOptions<Label>, registry: Registry) {
    this.name = name
    this.help = help
    this.labelNames = labelNames
    this.#bounds = buckets
    // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- a registry needs no more of one
    registry.registerMetric(this as unknown as Metric)
  }

  /**
   * @param labels  may have other members too
   * @param seconds any finite number
   */
  observe(labels: Readonly<Record<Label, string>>, seconds: number): void {
    let branch = this.#root
    for (const label of this.labelNames) {
      let next = branch.next.get(labels[label])
      if (next === undefined) branch.next.set(labels[label], (next = { next: new Map(), series: undefined }))
      branch = next
    }
    const series = (branch.series ??= this.#begin(labels))
    series.counts[this.#bucketOf(seconds)]!++
    series.sum += seconds
  }

  /** The values in the shape that registries write and put together. */
  get() {
    const { name, help, type, aggregator } = this
    return { name, help, type, aggregator, values: this.#all.flatMap((series) => this.#valuesOf(series)) }
  }

  #begin(from: Readonly<Record<Label, string>>): Series<Label> {
    const labels = pick(from, this.labelNames)
    const series = { labels, counts: [...this.#bounds.map(() => 0), 0], sum: 0 }
    this.#all.push(series)
    return series
  }

  #bucketOf(seconds: number): number {
    let bucket = 0
    while (bucket < this.#bounds.length && seconds > this.#bounds[bucket]!) bucket++
    return bucket
  }

  #valuesOf({ labels, counts, sum }: Series<Label>) {
    let count = 0
    const buckets = counts.map((more, i) => ({
      metricName: `${this.name}_bucket`,
      labels: { le: this.#bounds[i] ?? '+Inf', ...labels },
      value: (count += more),
    }))
    return [
      ...buckets,
      { metricName: `${this.name}_sum`, labels, value: sum },
      { metricName: `${this.name}_count`, labels, value: count },
    ]
  }
}

function pick<Name extends string>(from: Readonly<Record<Name, string>>, names: readonly Name[]) {
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- it has a member for each name
  return Object.fromEntries(names.map((name) => [name, from[name]])) as Record<Name, string>
}
