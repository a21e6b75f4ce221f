import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import type { Services } from './services.ts'

/** Methods that the figures tell apart. Others are refused, and a caller must not invent labels. */
const countedMethods = new Set(['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS'])

/** Counts every request that was answered, and writes a line about it to the log, level debug. */
export function watchRequests(app: FastifyInstance, services: Services): void {
  app.addHook('onResponse', (request, reply, done) => {
    noteEnd(services, request, reply)
    done()
  })
}

/** The same for a request that no hook runs for. */
export function watchUnrouted(services: Services, request: FastifyRequest, reply: FastifyReply): void {
  reply.raw.once('close', () => noteEnd(services, request, reply))
}

function noteEnd({ log, metrics }: Services, request: FastifyRequest, reply: FastifyReply) {
  const { method, routeOptions } = request
  const status = statusOf(reply)
  metrics.observeRequest({
    method: countedMethods.has(method) ? method : 'other',
    route: routeOptions.url ?? 'none',
    status,
    seconds: reply.elapsedTime / 1_000,
  })
  log.debug({ ...placeOf(request), status, durationMs: Math.round(reply.elapsedTime) }, 'request answered')
}

/** What the log tells of a request: never its address, which names visitors. */
export interface Place {
  readonly requestId: string
  readonly method: string
  readonly route: string | undefined
}

export function placeOf({ id, method, routeOptions }: FastifyRequest): Place {
  return { requestId: id, method, route: routeOptions.url }
}

/** Of a caller who went away nobody can say that it was answered. */
function statusOf({ raw }: FastifyReply): string {
  return raw.headersSent ? String(raw.statusCode) : 'aborted'
}
