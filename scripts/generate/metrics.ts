import { readConfig } from '../../src/config.ts'
import { Metrics } from '../../src/http/metrics.ts'
import { addStoreReadings } from '../../src/http/store-readings.ts'
import { addCertificateReading } from '../../src/http/tls.ts'
import { buildContext } from '../../src/services.ts'
import { openMemoryStore } from '../../src/store/memory/store.ts'

/** The reference page of all metrics, as Markdown, by name. */
export function metricsReference(): string {
  return [
    '<!-- Made by `npm run generate` from src/http/metrics.ts and store-readings.ts; edit those. -->',
    '',
    '# Metrics',
    '',
    "`GET /metrics` shows them in Prometheus's text format. Counters begin at 0 with each start. Gauges",
    'are read at the moment of the scrape; one that cannot be read is left out of that scrape.',
    '',
    '| Metric | Type | Labels | Meaning |',
    '| --- | --- | --- | --- |',
    ...describeMetrics().map(
      ({ name, type, labels, help }) => `| \`${name}\` | ${type} | ${labels.join(', ')} | ${help} |`,
    ),
    '',
    'A histogram `NAME` has the series `NAME_bucket`, `NAME_sum` and `NAME_count`; the count of',
    'requests is `silhouette_http_request_duration_seconds_count`. Beside them are those of the',
    'process, as prom-client names them: `process_*` (CPU, memory, open files, start) and `nodejs_*`',
    '(`nodejs_eventloop_lag_*`, heap, garbage collection).',
    '',
  ].join('\n')
}

export interface MetricDescription {
  readonly name: string
  readonly type: string
  readonly help: string
  readonly labels: readonly string[]
}

/** All metrics of ours, sorted by name. */
export function describeMetrics(): MetricDescription[] {
  const metrics = new Metrics()
  const reading = readConfig({ env: {}, argv: [] })
  if (reading.kind !== 'config') throw new Error('the default settings are valid')
  addStoreReadings(
    metrics,
    buildContext(reading.config, openMemoryStore(), () => {}),
  )
  addCertificateReading(metrics, undefined)
  return metrics.describe().toSorted((a, b) => (a.name < b.name ? -1 : 1))
}
