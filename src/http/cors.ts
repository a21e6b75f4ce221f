import type { FastifyReply } from 'fastify'
import type { Call } from './endpoint.ts'

/** How long a browser may remember a preflight, in seconds. */
const preflightSeconds = 600

/**
 * Lets pages of the client's allowed origins read the reply, errors included.
 *
 * @source decisions.md §8
 */
export function allowOrigin({ request, reply, client }: Call): boolean {
  reply.header('vary', 'Origin')
  const { origin } = request.headers
  if (origin === undefined) return false
  if (!client.allowedOrigins.includes('*') && !client.allowedOrigins.includes(origin)) return false
  reply.header('access-control-allow-origin', origin).header('access-control-allow-credentials', 'true')
  reply.header('access-control-expose-headers', 'error-code, retry-after')
  return true
}

/** Answers a browser that asks before it sends a visit. */
export async function answerPreflight(call: Call): Promise<FastifyReply> {
  const { request, reply } = call
  if (allowOrigin(call)) {
    reply
      .header('access-control-allow-methods', 'POST')
      .header(
        'access-control-allow-headers',
        request.headers['access-control-request-headers'] ?? 'content-type',
      )
      .header('access-control-max-age', preflightSeconds)
  }
  return reply.code(204).send()
}
