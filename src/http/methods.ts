import type { FastifyInstance } from 'fastify'
import { METHODS } from 'node:http'
import { Refusal } from '../lib/errors.ts'

/** Methods whose body Fastify may ask a parser for; all others reach their handler at once. */
const methodsWithBody = new Set(['POST', 'PUT', 'PATCH', 'DELETE'])

/** Makes Fastify route every method that Node can parse, so that each can be refused as it should be. */
export function routeAllMethods(app: FastifyInstance): void {
  for (const method of METHODS) {
    if (!methodsWithBody.has(method)) app.addHttpMethod(method, { hasBody: false, overrideExisting: true })
  }
}

/**
 * Collects the methods of each address, then refuses all others there: 405 with `Allow`.
 *
 * @returns what registers the refusals; called after all routes
 */
export function refuseOtherMethods(app: FastifyInstance): () => void {
  const allowed = new Map<string, Set<string>>()
  app.addHook('onRoute', ({ url, method }) => {
    const methods = allowed.get(url) ?? new Set()
    for (const name of [method].flat()) methods.add(name)
    allowed.set(url, methods)
  })
  return () => {
    for (const [url, methods] of allowed) refuseAtUrl(app, url, methods)
  }
}

function refuseAtUrl(app: FastifyInstance, url: string, methods: ReadonlySet<string>) {
  const allow = [...methods].join(', ')
  app.route({
    method: METHODS.filter((method) => !methods.has(method)),
    url,
    config: { action: 'public', description: 'none' },
    handler: async (request, reply) => {
      reply.header('allow', allow)
      throw new Refusal('method_not_allowed', `${request.method} is not possible here; use ${allow}.`)
    },
  })
}
