import type { FastifyInstance } from 'fastify'
import { requireReady } from '../../domain/readiness.ts'
import { contentTypes } from '../../wire/m2-response.ts'
import type { Services } from '../services.ts'

/** Where the process says that it lives; answered also while the server stops. */
export const livenessUrl = '/livez'

/** What supervisors and load balancers ask: `GET /livez` and `GET /readyz`. */
export function addProbeRoutes(app: FastifyInstance, { context }: Services): void {
  app.get(livenessUrl, { config: { action: 'public' } }, async (_request, reply) => {
    return reply.type(contentTypes.json).send('{"status":"ok"}')
  })
  app.get('/readyz', { config: { action: 'public' } }, async (_request, reply) => {
    await requireReady(context)
    return reply.type(contentTypes.json).send('{"status":"ready"}')
  })
}
