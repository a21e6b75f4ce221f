import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import type { Services } from './services.ts'

/** Writes a line to the log, level debug, for every request that was answered. */
export function watchRequests(app: FastifyInstance, { log }: Services): void {
  app.addHook('onResponse', (request, reply, done) => {
    log.debug({ ...placeOf(request), ...endOf(reply) }, 'request answered')
    done()
  })
}

/** What the log tells of a request: never its address, which names visitors. */
export function placeOf({ id, method, routeOptions }: FastifyRequest) {
  return { requestId: id, method, route: routeOptions.url }
}

function endOf({ statusCode, elapsedTime }: FastifyReply) {
  return { status: statusCode, durationMs: Math.round(elapsedTime * 1_000) / 1_000 }
}
