import type { FastifyReply, FastifyRequest } from 'fastify'
import type { Client } from '../domain/clients/directory.ts'
import { nextTurn } from '../lib/turn.ts'
import type { FindClient } from './client-of.ts'
import type { Services } from './services.ts'

/** A request on behalf of a client that is known. */
export interface Call {
  readonly request: FastifyRequest
  readonly reply: FastifyReply
  readonly client: Client
}

/**
 * Makes a route's handler for calls that belong to a client.
 *
 * It stands for the order of refusals: the router has refused a wrong method (405) before, the
 * client is found here (404), and only then does `handle` judge sizes (413), read the body, and
 * judge the rest.
 */
export function forClient(
  services: Services,
  findClient: FindClient,
  handle: (call: Call) => Promise<unknown>,
): (request: FastifyRequest, reply: FastifyReply) => Promise<unknown> {
  return async (request, reply) => {
    await nextTurn()
    const found = findClient(services, request)
    return handle({ request, reply, client: found instanceof Promise ? await found : found })
  }
}
