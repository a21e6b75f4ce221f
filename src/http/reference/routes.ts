import type { FastifyInstance } from 'fastify'
import { assert } from '../../lib/assert.ts'
import type { DescribedRoute } from './document.ts'

/**
 * Collects the routes that are added from here on with their descriptions; one without any is a bug.
 *
 * @returns the routes, which grow as they are added
 */
export function collectDescriptions(app: FastifyInstance): readonly DescribedRoute[] {
  const routes: DescribedRoute[] = []
  app.addHook('onRoute', ({ config, method, url }) => {
    const description = config?.description
    assert(description, `the route ${String(method)} ${url} is described`)
    if (description === 'none') return
    for (const name of [method].flat()) {
      // HEAD is what Fastify makes of every GET.
      if (name !== 'HEAD') routes.push({ method: name, url, description })
    }
  })
  return routes
}
