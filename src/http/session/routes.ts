import type { Static, TSchema } from '@sinclair/typebox'
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import { listAccess } from '../../domain/accounts/access.ts'
import { acceptInvitation, readInvitation } from '../../domain/accounts/invitations.ts'
import { changeOwnDetails, changeOwnPassword, signIn } from '../../domain/accounts/own-account.ts'
import { principalOfUser } from '../../domain/accounts/people.ts'
import type { Session } from '../../domain/accounts/sessions.ts'
import { Refusal } from '../../lib/errors.ts'
import { isLoopback } from '../../lib/loopback.ts'
import { isSystemAdmin } from '../../model/permission.ts'
import { compileBody } from '../../wire/check.ts'
import { contentTypes } from '../../wire/m2-response.ts'
import { parseJson } from '../../wire/parameters.ts'
import {
  AcceptanceBody,
  OwnDetailsBody,
  OwnPasswordBody,
  SignInBody,
  writeInvitation,
  writeSession,
} from '../../wire/session.ts'
import { pathParameter } from '../address.ts'
import { requireShallow } from '../admin/endpoint.ts'
import type { Bodies } from '../bodies.ts'
import {
  acceptanceDescription,
  invitationDescription,
  ownDetailsDescription,
  ownPasswordDescription,
  sessionDescription,
  signInDescription,
  signInOptionsDescription,
  signOutDescription,
} from '../reference/session-routes.ts'
import type { Services } from '../services.ts'
import { whereaboutsOf, type SessionGate } from './gate.ts'
import { requireSameOrigin } from './same-origin.ts'
import { addSsoRoutes, ssoOption } from './sso.ts'

/** Largest body of a call about a session, bytes. */
const bodyBytesMax = 16_384

interface Setup {
  readonly services: Services
  readonly bodies: Bodies
  readonly gate: SessionGate
}

interface Exchange {
  readonly request: FastifyRequest
  readonly reply: FastifyReply
}

/** What people do before they are signed in, and with their own account: `/api/…`. */
export function addSessionRoutes(app: FastifyInstance, setup: Setup): void {
  addSignIn(app, setup)
  addOwnAccount(app, setup)
  addInvitations(app, setup)
  addSsoRoutes(app, setup)
}

function addSignIn(app: FastifyInstance, setup: Setup) {
  const { services, gate } = setup
  const readBody = bodyReader(setup, SignInBody)
  app.route({
    method: 'GET',
    url: '/api/sign-in',
    config: { action: 'public', description: signInOptionsDescription },
    handler: async (_request, reply) => send(reply, { password: true, sso: ssoOption(services) }),
  })
  app.route({
    method: 'GET',
    url: '/api/session',
    config: { action: 'own', description: sessionDescription },
    handler: async (request, reply) => sendSession(services, reply, await gate.require(request)),
  })
  app.route({
    method: 'POST',
    url: '/api/session',
    config: { action: 'public', description: signInDescription },
    handler: async (request, reply) => {
      requireSameOrigin(request, services.settings, { byCookie: false })
      const { email, password } = await readBody({ request, reply })
      const user = await signIn(services.context, { email: email.trim(), password, address: request.ip })
      return sendSession(services, reply.code(201), await gate.begin({ request, reply }, user))
    },
  })
  app.route({
    method: 'DELETE',
    url: '/api/session',
    config: { action: 'public', description: signOutDescription },
    handler: async (request, reply) => {
      await gate.end({ request, reply })
      return reply.code(204).send()
    },
  })
}

function addOwnAccount(app: FastifyInstance, setup: Setup) {
  const { services, gate } = setup
  const readDetails = bodyReader(setup, OwnDetailsBody)
  const readPasswords = bodyReader(setup, OwnPasswordBody)
  app.route({
    method: 'PATCH',
    url: '/api/me',
    config: { action: 'own', description: ownDetailsDescription },
    handler: async (request, reply) => {
      const session = await gate.require(request)
      await gate.count(session, reply)
      const own = { user: session.user, whereabouts: whereaboutsOf(request, services) }
      const user = await changeOwnDetails(services.context, own, await readDetails({ request, reply }))
      return sendSession(services, reply, { ...session, user })
    },
  })
  app.route({
    method: 'POST',
    url: '/api/me/password',
    config: { action: 'own', description: ownPasswordDescription },
    handler: async (request, reply) => {
      const session = await gate.require(request)
      await gate.count(session, reply)
      const own = { user: session.user, whereabouts: whereaboutsOf(request, services) }
      const user = await changeOwnPassword(services.context, own, await readPasswords({ request, reply }))
      return sendSession(services, reply, await gate.begin({ request, reply }, user))
    },
  })
}

function addInvitations(app: FastifyInstance, setup: Setup) {
  const { services, gate } = setup
  const readBody = bodyReader(setup, AcceptanceBody)
  const url = '/api/invitations/:token'
  app.route({
    method: 'GET',
    url,
    config: { action: 'public', description: invitationDescription },
    handler: async (request, reply) => {
      const invitation = await readInvitation(services.context, pathParameter(request, 'token'))
      return send(reply, writeInvitation(invitation))
    },
  })
  app.route({
    method: 'POST',
    url,
    config: { action: 'public', description: acceptanceDescription },
    handler: async (request, reply) => {
      requireSameOrigin(request, services.settings, { byCookie: false })
      const token = pathParameter(request, 'token')
      const accepted = { token, whereabouts: whereaboutsOf(request, services) }
      const user = await acceptInvitation(services.context, accepted, await readBody({ request, reply }))
      return sendSession(services, reply.code(201), await gate.begin({ request, reply }, user))
    },
  })
}

/** Makes what reads a body of a schema. */
function bodyReader<Schema extends TSchema>(
  { bodies }: Setup,
  schema: Schema,
): (exchange: Exchange) => Promise<Static<Schema>> {
  const check = compileBody(schema)
  return async (exchange) => {
    const text = await bodies.read(exchange, bodyBytesMax, tooLarge)
    requireShallow(text)
    return check(parseJson(text))
  }
}

async function sendSession(
  { context, settings }: Services,
  reply: FastifyReply,
  { user, expiresAtMs }: Session,
): Promise<FastifyReply> {
  const access = await listAccess(context, principalOfUser(user))
  const isExposed = !isLoopback(settings.host)
  return send(
    reply,
    writeSession({ user, access, expiresAtMs, isExposed, isSystemAdmin: isSystemAdmin(user) }),
  )
}

function send(reply: FastifyReply, body: object): FastifyReply {
  return reply.type(contentTypes.json).send(JSON.stringify(body))
}

function tooLarge(): Refusal {
  return new Refusal('body_too_large', `The body of this call has at most ${bodyBytesMax} bytes.`)
}
