import fc from 'fast-check'
import { AggregatorRegistry, Histogram, Registry } from 'prom-client'
import { expect, it } from 'vitest'
import { Durations } from '../../src/http/durations.ts'
import type { MetricSamples } from '../../src/http/metrics.ts'

const metric = {
  name: 'call_seconds',
  help: 'How long calls took.',
  labelNames: ['method', 'route'] as const,
  buckets: [0.001, 0.25, 1],
}

const observations = fc.array(
  fc.record({
    method: fc.constantFrom('GET', 'POST'),
    route: fc.constantFrom('/', '/a "quoted" one', '/b\\c'),
    // What is exactly a bound belongs to its bucket. Eighths add up the same in any order.
    seconds: fc.oneof(
      fc.constantFrom(0.001, 0.25, 1),
      fc.integer({ min: 0, max: 16 }).map((n) => n / 8),
    ),
  }),
)

it("writes, and adds up over processes, what prom-client's histogram does", async () => {
  const ours = (observed: readonly { method: string; route: string; seconds: number }[]) => {
    const registry = new Registry()
    const durations = new Durations(metric, registry)
    for (const { seconds, ...labels } of observed) durations.observe(labels, seconds)
    return registry
  }
  const theirs: typeof ours = (observed) => {
    const registry = new Registry()
    const histogram = new Histogram({ ...metric, buckets: [...metric.buckets], registers: [registry] })
    for (const { seconds, ...labels } of observed) histogram.observe(labels, seconds)
    return registry
  }
  const sent = async (registry: Registry): Promise<MetricSamples> =>
    // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- as it arrives in another process
    JSON.parse(JSON.stringify(await registry.getMetricsAsJSON())) as MetricSamples
  const sum = async (registries: readonly Registry[]) =>
    AggregatorRegistry.aggregate(await Promise.all(registries.map(sent))).metrics()

  await fc.assert(
    fc.asyncProperty(observations, observations, async (here, there) => {
      expect(await ours(here).metrics()).toBe(await theirs(here).metrics())
      expect(await sum([ours(here), ours(there)])).toBe(await sum([theirs(here), theirs(there)]))
    }),
  )
})
