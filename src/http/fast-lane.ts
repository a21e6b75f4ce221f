import type { FastifyInstance } from 'fastify'
import type { IncomingMessage, RequestListener, ServerResponse } from 'node:http'
import type { Client } from '../domain/clients/directory.ts'
import { getProfile } from '../domain/profiles/read.ts'
import { updateProfile } from '../domain/profiles/update.ts'
import { nextTurn } from '../lib/turn.ts'
import { parseId, type IdKind } from '../model/visitor-id.ts'
import { contentTypes } from '../wire/m2-response.ts'
import { writeProfile } from '../wire/profile.ts'
import { chooseFormat } from './accept.ts'
import { endRequest, sendDirectly, type DirectReply } from './direct-reply.ts'
import { addressOf } from './routes/profiles.ts'
import { updateUrl, writeSubmitted } from './routes/update.ts'
import { securityHeaders } from './security-headers.ts'
import type { Services } from './services.ts'
import { bearerOf, endpointOf } from './token-check.ts'
import { hasBody } from './unread-body.ts'
import { readChange } from './update-request.ts'
import { writesLines } from './watch-requests.ts'

/** A fetch whose address has nothing to decode: kind and text of the id, and the client. */
const plainFetch =
  /^\/rest\/v1\/profiles\/(?:(thirdPartyId|marketingCloudVisitorId)\/)?([\w.~:@-]+)\?client=([\w-]+)$/

/** An update whose path has nothing to decode: the client, and the query, which may be encoded. */
const plainUpdate = /^\/m2\/([\w-]+)\/profile\/update\?([!-"$-~]*)$/

const kinds: Readonly<Record<string, IdKind>> = {
  thirdPartyId: 'thirdPartyId',
  marketingCloudVisitorId: 'ecid',
}

/** That a call may go on. */
interface Admitted {
  /** The token that came with the call, where the client demands one. */
  readonly tokenId: string | undefined
}

const withoutToken: Admitted = { tokenId: undefined }

/** A reply, and what is noted of the call. */
interface Reply extends Admitted, DirectReply {
  readonly client: Client
  /** The pattern of the route that would have given it. */
  readonly route: string
}

/** The plain form of a call, and how it is answered: `undefined` where that is the framework's to do. */
type Answer = (services: Services, request: IncomingMessage) => Promise<Reply | undefined>

/**
 * Answers the two most frequent calls, a fetch and an update by GET, without the framework when they
 * come in their plain form and succeed. Everything else, and every refusal, is the framework's: it
 * answers these calls in the same bytes, and a test holds both to that.
 *
 * Where each request gets a line in the log, the framework answers all of them.
 *
 * @source bench `requests`; docs/internals/performance.md
 */
export function addFastLane(app: FastifyInstance, services: Services): void {
  if (writesLines(services.log)) return
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- the one listener is Fastify's
  const [framework] = app.server.listeners('request') as RequestListener[]
  if (framework === undefined) throw new Error('the server has no listener for requests yet')
  let isStopping = false
  app.addHook('preClose', async () => void (isStopping = true))
  app.server.removeAllListeners('request')
  const serve = async (answer: Answer, request: IncomingMessage, response: ServerResponse) => {
    const startMs = performance.now()
    await nextTurn()
    // What a failure comes to is said by the framework, which meets it again.
    const reply = await answer(services, request).catch(() => undefined)
    if (reply === undefined) return framework(request, response)
    if (isStopping || !sendDirectly(response, app.server.keepAliveTimeout, reply)) {
      send(response, reply, isStopping)
    }
    note(services, request, reply, startMs)
  }
  const fail = (response: ServerResponse) => (error: unknown) => {
    services.log.error({ err: error }, 'a reply could not be sent')
    response.destroy()
  }
  app.server.on('request', (request, response) => {
    const answer = isStopping ? undefined : answerOf(request)
    if (answer === undefined) return framework(request, response)
    endRequest(request)
    serve(answer, request, response).catch(fail(response))
  })
}

function answerOf(request: IncomingMessage): Answer | undefined {
  const { method, url = '' } = request
  if (method !== 'GET' || hasBody(request) || request.headers.expect !== undefined) return undefined
  const fetched = plainFetch.exec(url)
  if (fetched) return (services) => answerFetch(services, request, fetched)
  const update = plainUpdate.exec(url)
  return update ? (services) => answerUpdate(services, request, update) : undefined
}

async function answerFetch(
  services: Services,
  request: IncomingMessage,
  [, kindName = '', visitorId = '', code = '']: RegExpExecArray,
): Promise<Reply | undefined> {
  const { context } = services
  const client = context.clients.peek(code)
  if (client === undefined) return undefined
  const judged = admit(services, request, client)
  const admitted = judged instanceof Promise ? await judged : judged
  const kind = kinds[kindName] ?? 'tntId'
  const id = parseId(kind, visitorId)
  if (admitted === undefined || typeof id !== 'string') return undefined
  const profile = await getProfile(context, client, { kind, id })
  if (profile === undefined) return undefined
  const body = writeProfile({ client: client.code, visitorId }, profile)
  return { client, route: addressOf(kind), headers: fetchHeaders, body, tokenId: admitted.tokenId }
}

async function answerUpdate(
  services: Services,
  request: IncomingMessage,
  [, code = '', query = '']: RegExpExecArray,
): Promise<Reply | undefined> {
  const { context, settings } = services
  // The word `client` stands for the host's client.
  const client = code === 'client' ? undefined : context.clients.peek(code)
  if (client === undefined || query.length > settings.updateQueryBytesMax) return undefined
  const judged = admit(services, request, client)
  const admitted = judged instanceof Promise ? await judged : judged
  if (admitted === undefined) return undefined
  const applied = await updateProfile(context, client, readChange(query))
  const format = chooseFormat(request.headers.accept)
  return {
    client,
    route: updateUrl,
    headers: ['profile-outcome', applied.kind, 'content-type', contentTypes[format]],
    body: writeSubmitted(format, applied),
    tokenId: admitted.tokenId,
  }
}

/** Tells whether a call may go on, and by which token; `undefined` where the framework has to look closer. */
function admit(
  { context, settings }: Services,
  { headers }: IncomingMessage,
  client: Client,
): Admitted | undefined | Promise<Admitted | undefined> {
  if (headers['access_token'] !== undefined) return undefined
  if (settings.trustedProxies.length > 0 && headers['x-forwarded-for'] !== undefined) return undefined
  if (!client.requiresToken) return headers.authorization === undefined ? withoutToken : undefined
  const bearer = bearerOf(headers.authorization)
  const tokenId = context.tokens.peek(client.code, bearer)
  if (tokenId !== undefined) return { tokenId }
  return context.tokens
    .check(client.code, bearer)
    .then((verdict) => (verdict.kind === 'good' ? { tokenId: verdict.tokenId } : undefined))
}

const commonHeaders = Object.entries(securityHeaders).flat()
const fetchHeaders = ['content-type', contentTypes.json]

function send(response: ServerResponse, { headers, body }: Reply, isStopping: boolean) {
  const length = String(Buffer.byteLength(body))
  const all = [...commonHeaders, ...headers, 'content-length', length]
  if (isStopping) all.push('connection', 'close')
  response.writeHead(200, all).end(body)
}

function note({ context, metrics }: Services, request: IncomingMessage, reply: Reply, startMs: number) {
  const { client, route, tokenId } = reply
  const place = {
    address: request.socket.remoteAddress ?? '',
    userAgent: request.headers['user-agent'] ?? '',
    endpoint: endpointOf('GET', route),
  }
  if (tokenId === undefined) context.callers.noteUnauthorized(client, place)
  else context.callers.noteUse(client, tokenId, place)
  metrics.observeRequest({
    method: 'GET',
    route,
    status: '200',
    seconds: (performance.now() - startMs) / 1_000,
  })
}
