import type { FastifyInstance } from 'fastify'
import { metricsDescription } from '../reference/other-routes.ts'
import type { DomainContext } from '../../domain/context.ts'
import type { Metrics } from '../metrics.ts'
import type { Services } from '../services.ts'
import { addStoreReadings } from '../store-readings.ts'
import { addCertificateReading, type Tls } from '../tls.ts'

/** What Prometheus asks: `GET /metrics`. */
export function addMetricsRoute(app: FastifyInstance, { context, metrics, scrape, tls }: Services): void {
  if (scrape === undefined) addReadings(metrics, context, tls)
  const config = { action: 'public', description: metricsDescription }
  app.get('/metrics', { config }, async (_request, reply) => {
    return reply.type(metrics.contentType).send(await (scrape ? scrape() : metrics.render()))
  })
}

/** Adds what is looked up at a scrape: the same for all processes of a server. */
export function addReadings(metrics: Metrics, context: DomainContext, tls: Tls | undefined): void {
  addStoreReadings(metrics, context)
  addCertificateReading(metrics, tls)
}
