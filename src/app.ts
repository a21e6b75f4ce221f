import fastify, { LogController, type FastifyHttpOptions, type FastifyInstance } from 'fastify'
import type { Server } from 'node:http'
import { rawPath } from './http/address.ts'
import { Bodies } from './http/bodies.ts'
import { BodyGuard } from './http/body-guard.ts'
import { answerClientError } from './http/client-errors.ts'
import { answerErrors } from './http/errors.ts'
import { holdContinue } from './http/expect-continue.ts'
import { refuseOtherMethods, routeAllMethods } from './http/methods.ts'
import { addFastLane } from './http/fast-lane.ts'
import { addAdminRoutes } from './http/admin/routes.ts'
import { addBatchRoutes } from './http/routes/batches.ts'
import { addConsoleRoutes } from './http/routes/console.ts'
import { addDeliveryRoutes } from './http/routes/delivery.ts'
import { addDocsRoutes } from './http/routes/docs.ts'
import { addImsRoute } from './http/routes/ims.ts'
import { addMetricsRoute } from './http/routes/metrics.ts'
import { addProbeRoutes, livenessUrl } from './http/routes/probes.ts'
import { addProfileRoutes } from './http/routes/profiles.ts'
import { addUpdateRoute } from './http/routes/update.ts'
import { collectDescriptions } from './http/reference/routes.ts'
import { securityHeaders } from './http/security-headers.ts'
import type { Services } from './http/services.ts'
import { SessionGate } from './http/session/gate.ts'
import { addSessionRoutes } from './http/session/routes.ts'
import { limitTime } from './http/time-limit.ts'
import { hasBody } from './http/unread-body.ts'
import { noteRoutes, watchRequests, watchUnrouted } from './http/watch-requests.ts'
import { assert } from './lib/assert.ts'
import type { Drain } from './lib/drain.ts'
import { Refusal } from './lib/errors.ts'
import { uuid } from './lib/ids.ts'

declare module 'fastify' {
  interface FastifyContextConfig {
    /**
     * What a caller does here, as rights name it; `public` asks for no rights, `own` for somebody who
     * is signed in and acts for themselves.
     */
    action?: string
  }
}

/** Methods whose bodies some endpoint reads. */
const methodsWithUse: ReadonlySet<string> = new Set(['POST', 'PUT', 'PATCH'])

/** Room for headers beside the longest query that an update may have, in bytes. */
const headersBytesMax = 20_480

/**
 * Builds the HTTP application: every address, and what is refused. It does not listen.
 *
 * Closing it lets requests in flight end and leaves the services open.
 */
export function buildApp(services: Services): FastifyInstance {
  const app = fastify(serverOptions(services))
  routeAllMethods(app)
  const addRefusals = refuseOtherMethods(app)
  noteRoutes(app)
  addHooks(app, services.drain)
  const routes = collectDescriptions(app)
  const { requestMsMax } = services.context.store
  if (requestMsMax !== undefined) limitTime(app, requestMsMax)
  watchRequests(app, services)
  app.setErrorHandler(answerErrors(services))
  app.setNotFoundHandler((request) => {
    throw new Refusal('route_unknown', `There is nothing at ${rawPath(request.url)}; check the address.`)
  })
  const guard = new BodyGuard(services.settings)
  app.addHook('onClose', async () => guard.close())
  const bodies = new Bodies(guard)
  addUpdateRoute(app, services, bodies)
  addBatchRoutes(app, services, bodies)
  addProfileRoutes(app, services)
  addDeliveryRoutes(app, services, bodies)
  addImsRoute(app, services, bodies)
  const gate = new SessionGate(services)
  addAdminRoutes(app, { services, bodies, gate })
  addSessionRoutes(app, { services, bodies, gate })
  addProbeRoutes(app, services)
  addMetricsRoute(app, services)
  addDocsRoutes(app, routes)
  addConsoleRoutes(app, services)
  addRefusals()
  holdContinue(app.server)
  // Its calls end as soon as the disk does what it should; over a network each needs a limit.
  if (requestMsMax === undefined) addFastLane(app, services)
  return app
}

function serverOptions(services: Services): FastifyHttpOptions<Server> {
  const { log, settings, tls } = services
  const queryBytesMax = Math.max(settings.updateQueryBytesMax, settings.updatePostBytesMax)
  const maxHeaderSize = queryBytesMax + headersBytesMax
  const answer = answerErrors(services)
  return {
    // How long a body may take is the body guard's to say, so there is no limit for whole requests.
    requestTimeout: 0,
    http: { maxHeaderSize },
    ...(tls && {
      serverFactory: (handler, { keepAliveTimeout }) =>
        tls.createServer({ maxHeaderSize, keepAliveTimeout: Number(keepAliveTimeout) }, handler),
    }),
    // No path is refused for the length of an id: an id too long is one that does not exist.
    routerOptions: { maxParamLength: maxHeaderSize, querystringParser: () => ({}) },
    trustProxy: settings.trustedProxies.length > 0 ? [...settings.trustedProxies] : false,
    forceCloseConnections: 'idle',
    // Requests that come while the server stops are refused in the shape of their neighbourhood.
    return503OnClosing: false,
    genReqId: uuid,
    loggerInstance: log,
    childLoggerFactory: (logger) => logger,
    logController: new LogController({ disableRequestLogging: true }),
    // No hook runs for these.
    frameworkErrors: (error, request, reply) => {
      watchUnrouted(services, request, reply)
      answer(error, request, reply.headers(securityHeaders))
    },
    clientErrorHandler: answerClientError,
  }
}

function addHooks(app: FastifyInstance, drain: Drain | undefined) {
  let isStopping = false
  app.addHook('preClose', async () => void (isStopping = true))
  app.addHook('onRoute', ({ config, method, url }) => {
    assert(config?.action, `the route ${String(method)} ${url} names its action`)
  })
  app.addHook('onRequest', (request, reply, done) => {
    reply.headers(securityHeaders)
    if (isStopping && request.routeOptions.url !== livenessUrl)
      return done(new Refusal('server_stopping', 'The server is stopping; send the request again.'))
    // Bodies are taken by what the endpoint expects, so a malformed type is as good as none.
    const { headers } = request
    if (headers['content-type'] !== undefined && !request.mediaType) delete headers['content-type']
    // The body of a request that has no use for one is not waited for.
    if (!methodsWithUse.has(request.method) && hasBody(request.raw)) reply.header('connection', 'close')
    done()
  })
  // Who keeps a connection open would hold up the stop, and send the next request to nobody: it ends with
  // the reply.
  app.addHook('onSend', (_request, reply, payload, done) => {
    if (isStopping || drain?.hasBegun) reply.header('connection', 'close')
    done(null, payload)
  })
  app.addHook('onResponse', (_request, _reply, done) => {
    if (isStopping) app.server.closeIdleConnections()
    done()
  })
  // Handlers read bodies themselves, once everything that is judged before the body has been judged.
  app.removeAllContentTypeParsers()
  app.addContentTypeParser('*', (_request, _body, done) => done(null))
}
