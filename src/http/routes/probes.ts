import type { FastifyInstance } from 'fastify'
import { requireReady } from '../../domain/readiness.ts'
import { Refusal } from '../../lib/errors.ts'
import { contentTypes } from '../../wire/m2-response.ts'
import { livenessDescription, readinessDescription } from '../reference/other-routes.ts'
import type { Services } from '../services.ts'

/** Where the process says that it lives; answered also while the server stops. */
export const livenessUrl = '/livez'

/** What supervisors and load balancers ask: `GET /livez` and `GET /readyz`. */
export function addProbeRoutes(app: FastifyInstance, { context, drain }: Services): void {
  const live = { action: 'public', description: livenessDescription }
  app.get(livenessUrl, { config: live }, async (_request, reply) => {
    return reply.type(contentTypes.json).send('{"status":"ok"}')
  })
  const ready = { action: 'public', description: readinessDescription }
  app.get('/readyz', { config: ready }, async (_request, reply) => {
    if (drain?.hasBegun) throw new Refusal('server_stopping', 'The server is stopping.')
    await requireReady(context)
    return reply.type(contentTypes.json).send('{"status":"ready"}')
  })
}
