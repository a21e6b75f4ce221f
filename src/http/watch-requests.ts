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

/** Tells whether each request gets a line in the log. */
export function writesLines({ level }: Services['log']): boolean {
  return level === 'debug' || level === 'trace'
}

function noteEnd({ log, metrics }: Services, request: FastifyRequest, reply: FastifyReply) {
  const { method } = request
  const status = statusOf(reply)
  metrics.observeRequest({
    method: countedMethods.has(method) ? method : 'other',
    route: routeOf(request) ?? 'none',
    status,
    seconds: reply.elapsedTime / 1_000,
  })
  // The line is not put together where nobody reads it.
  if (!writesLines(log)) return
  log.debug({ ...placeOf(request), status, durationMs: Math.round(reply.elapsedTime) }, 'request answered')
}

/** What the log tells of a request: never its address, which names visitors. */
export interface Place {
  readonly requestId: string
  readonly method: string
  readonly route: string | undefined
}

export function placeOf(request: FastifyRequest): Place {
  return { requestId: request.id, method: request.method, route: routeOf(request) }
}

declare module 'fastify' {
  interface FastifyRequest {
    /** The pattern of the route, once its handler runs; `routeOf` knows it before. */
    routeUrl: string
  }
}

/**
 * Notes the route in each request that reaches its handler.
 *
 * @source bench `requests`: Fastify puts `routeOptions` together anew each time they are asked for,
 *         which took a microsecond, twice for each fetch
 */
export function noteRoutes(app: FastifyInstance): void {
  app.decorateRequest('routeUrl', '')
  app.addHook('onRoute', (route) => {
    const { handler, url } = route
    route.handler = function handle(request, reply) {
      request.routeUrl = url
      return handler.call(this, request, reply)
    }
  })
}

/** The pattern of the route that a request came to, if there is one. */
export function routeOf(request: FastifyRequest): string | undefined {
  return request.routeUrl || request.routeOptions.url
}

/** Of a caller who went away nobody can say that it was answered. */
function statusOf({ raw }: FastifyReply): string {
  return raw.headersSent ? String(raw.statusCode) : 'aborted'
}
