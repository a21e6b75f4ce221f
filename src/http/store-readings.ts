import { readBacklog } from '../domain/batches/backlog.ts'
import type { DomainContext } from '../domain/context.ts'
import { readExpiries } from '../domain/tokens/expiries.ts'
import type { Metrics } from './metrics.ts'

/** Adds the gauges of what is in the store at the moment of a scrape. */
export function addStoreReadings(metrics: Metrics, context: DomainContext): void {
  addBacklog(metrics, context)
  addSpace(metrics, context)
  addNodes(metrics, context)
  addTokens(metrics, context)
}

function addTokens(metrics: Metrics, context: DomainContext) {
  metrics.addReading({
    name: 'tokens',
    read: () => readExpiries(context),
    gauges: [
      {
        name: 'silhouette_token_expires_seconds',
        help: 'Seconds until the current token of a client and scope expires, of the first 1,000 clients.',
        labels: ['client', 'scope'],
        show: (expiries) =>
          expiries.map(({ client, scope, seconds }) => ({ labels: { client, scope }, value: seconds })),
      },
    ],
  })
}

function addBacklog(metrics: Metrics, context: DomainContext) {
  metrics.addReading({
    name: 'backlog',
    read: () => readBacklog(context),
    gauges: [
      {
        name: 'silhouette_batches_incomplete',
        help: 'Batches accepted and not yet complete; 5,000 where there are more.',
        show: ({ batches }) => batches,
      },
      {
        name: 'silhouette_batches_stuck',
        help: 'Batches whose status is stuck: they cannot go on, or nothing happened for too long.',
        show: ({ stuck }) => stuck,
      },
      {
        name: 'silhouette_batch_rows_waiting',
        help: 'Rows of incomplete batches that are in no count yet.',
        show: ({ rows }) => rows,
      },
      {
        name: 'silhouette_batch_oldest_age_seconds',
        help: 'Age of the incomplete batch that was accepted first; 0 without one.',
        show: ({ oldestMs }) => oldestMs / 1_000,
      },
    ],
  })
}

function addSpace(metrics: Metrics, { store }: DomainContext) {
  metrics.addReading({
    name: 'space',
    read: () => store.space(),
    gauges: [
      {
        name: 'silhouette_store_bytes',
        help: 'Size of the database file, free pages among it; uploads are beside it.',
        show: ({ bytes }) => bytes,
      },
      {
        name: 'silhouette_store_disk_bytes',
        help: 'Size of the disk that the store is on.',
        show: ({ diskBytes }) => diskBytes,
      },
      {
        name: 'silhouette_store_disk_free_bytes',
        help: 'What of that disk is free for the server.',
        show: ({ diskFreeBytes }) => diskFreeBytes,
      },
    ],
  })
}

function addNodes(metrics: Metrics, { store: { nodes } }: DomainContext) {
  metrics.addReading({
    name: 'nodes',
    read: async () => nodes?.(),
    gauges: [
      {
        name: 'silhouette_cassandra_nodes',
        help: 'Cassandra nodes of this data centre by state, answering or silent; none on another store.',
        labels: ['state'],
        show: (states) =>
          Object.entries(states ?? {}).map(([state, value]) => ({ labels: { state }, value: Number(value) })),
      },
    ],
  })
}
