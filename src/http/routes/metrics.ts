import type { FastifyInstance } from 'fastify'
import { metricsDescription } from '../reference/other-routes.ts'
import type { Services } from '../services.ts'
import { addStoreReadings } from '../store-readings.ts'
import { addCertificateReading } from '../tls.ts'

/** What Prometheus asks: `GET /metrics`. */
export function addMetricsRoute(app: FastifyInstance, { context, metrics, tls }: Services): void {
  addStoreReadings(metrics, context)
  addCertificateReading(metrics, tls)
  const config = { action: 'public', description: metricsDescription }
  app.get('/metrics', { config }, async (_request, reply) => {
    return reply.type(metrics.contentType).send(await metrics.render())
  })
}
