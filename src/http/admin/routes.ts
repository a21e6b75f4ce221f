import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import { readAccessToken } from '../../domain/accounts/access-token.ts'
import { Refusal } from '../../lib/errors.ts'
import { principalOfUser } from '../../domain/accounts/people.ts'
import type { Client } from '../../domain/clients/directory.ts'
import { isClientCode } from '../../model/client-code.ts'
import type { Principal } from '../../model/permission.ts'
import { pathParameter, rawQuery } from '../address.ts'
import type { Bodies } from '../bodies.ts'
import { CallLimit } from '../call-limit.ts'
import { describeAdmin } from '../reference/admin-api.ts'
import type { Services } from '../services.ts'
import { whereaboutsOf, type SessionGate } from '../session/gate.ts'
import { bearerOf } from '../token-check.ts'
import { hasBody } from '../unread-body.ts'
import { accountEndpoints } from './accounts.ts'
import { clientEndpoints } from './clients.ts'
import { requireAction, type AdminEndpoint } from './endpoint.ts'
import { adminMediaType, requireVersion } from './media-type.ts'
import { buildOperationsEndpoint } from './operations.ts'
import { revisionEndpoints } from './revisions.ts'
import { settingsEndpoints } from './settings.ts'
import { tokenEndpoints } from './tokens.ts'
import { visitorEndpoints } from './visitors.ts'

/** What operations of a batch may mean: all but a batch. */
const plainEndpoints: readonly AdminEndpoint[] = [
  ...tokenEndpoints,
  ...settingsEndpoints,
  ...clientEndpoints,
  ...accountEndpoints,
  ...visitorEndpoints,
  ...revisionEndpoints,
]

/** Every endpoint of the Admin API. */
export const adminEndpoints: readonly AdminEndpoint[] = [
  ...plainEndpoints,
  buildOperationsEndpoint(plainEndpoints),
]

/** Largest body of a call to the Admin API, bytes. */
const bodyBytesMax = 4_194_304

interface AdminParts {
  readonly services: Services
  readonly bodies: Bodies
  readonly gate: SessionGate
}

interface AdminSetup extends AdminParts {
  readonly limit: CallLimit
}

/** Who calls, and what counts the call: programs share a limit for each tenant, people have their own. */
interface Caller {
  readonly principal: Principal
  readonly count: (client: Client) => Promise<void>
}

/** The Admin API: `/{tenant}/target/…`. @source decisions.md §7 */
export function addAdminRoutes(app: FastifyInstance, parts: AdminParts): void {
  const { services } = parts
  const limit = new CallLimit(services.context.callCounts, {
    name: 'admin',
    perMinute: services.settings.adminCallsPerMinute,
  })
  for (const endpoint of adminEndpoints) {
    app.route({
      method: endpoint.method,
      url: `/:tenant/target${endpoint.path}`,
      config: { action: endpoint.action, description: describeAdmin(endpoint) },
      handler: (request, reply) => answer({ ...parts, limit }, endpoint, request, reply),
    })
  }
}

/** Who calls, on which client, with what right, how often, in which version; and only then the body. */
async function answer(
  setup: AdminSetup,
  endpoint: AdminEndpoint,
  request: FastifyRequest,
  reply: FastifyReply,
): Promise<FastifyReply> {
  const { services, bodies } = setup
  const { principal, count } = await requireCaller(setup, request, reply)
  const client = await requireTenant(services, request)
  requireAction(principal, endpoint.action, client)
  if (endpoint.isCounted) await count(client)
  const takesBody = endpoint.bodySchema !== undefined
  requireVersion(request.headers, takesBody && hasBody(request.raw))
  const text = takesBody ? await bodies.read({ request, reply }, bodyBytesMax, tooLarge) : Buffer.alloc(0)
  const { address, userAgent } = whereaboutsOf(request, services)
  const call = {
    context: services.context,
    services,
    client,
    principal,
    actor: { id: principal.id, name: principal.name, address, userAgent },
    requestId: request.id,
    params: paramsOf(request),
    query: new URLSearchParams(rawQuery(request.url)),
    body: undefined,
  }
  const { status, body } = await endpoint.run(call, text)
  reply.code(status).header('cache-control', 'no-store')
  return body === undefined ? reply.send() : reply.type(adminMediaType(request)).send(JSON.stringify(body))
}

/** Finds who calls: by an access token, or without one by a session. */
async function requireCaller(
  { services, gate, limit }: AdminSetup,
  request: FastifyRequest,
  reply: FastifyReply,
): Promise<Caller> {
  if (request.headers.authorization === undefined && gate.has(request)) {
    const session = await gate.require(request)
    return { principal: principalOfUser(session.user), count: () => gate.count(session, reply) }
  }
  const principal = await requirePrincipal(services, request, reply)
  return { principal, count: ({ code }) => limit.take(code, reply) }
}

/** @throws Refusal `access_token_invalid`, `api_key_invalid` */
async function requirePrincipal(
  { context }: Services,
  { headers }: FastifyRequest,
  reply: FastifyReply,
): Promise<Principal> {
  const accessToken = bearerOf(headers.authorization)
  const principal = accessToken === '' ? undefined : await readAccessToken(context, accessToken)
  if (principal === undefined) {
    reply.header('www-authenticate', 'Bearer realm="admin-api"')
    throw new Refusal(
      'access_token_invalid',
      accessToken === ''
        ? 'The access token is missing; get one from POST /ims/token/v3 and send it as Authorization: Bearer.'
        : 'The access token is not valid or has expired; get a new one from POST /ims/token/v3.',
    )
  }
  if (headers['x-api-key'] === principal.id) return principal
  throw new Refusal(
    'api_key_invalid',
    'X-Api-Key must be the client id of the API credential that the access token was given to.',
  )
}

async function requireTenant({ context }: Services, request: FastifyRequest) {
  const code = pathParameter(request, 'tenant')
  const client = isClientCode(code) ? await context.clients.get(code) : undefined
  if (client) return client
  throw new Refusal('client_unknown', `There is no client "${code.slice(0, 100)}"; check the address.`)
}

function paramsOf({ params }: FastifyRequest): Readonly<Record<string, string>> {
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- the router makes an object of texts
  return params as Readonly<Record<string, string>>
}

function tooLarge(): Refusal {
  return new Refusal(
    'body_too_large',
    `The body of a call to the Admin API has at most ${bodyBytesMax} bytes; send less at once.`,
  )
}
