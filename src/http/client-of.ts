import type { FastifyRequest } from 'fastify'
import { isIPv4 } from 'node:net'
import type { Client } from '../domain/clients/directory.ts'
import { Refusal } from '../lib/errors.ts'
import { isClientCode } from '../model/client-code.ts'
import { hostOf, pathParameter, queryParameter } from './address.ts'
import type { Services } from './services.ts'

/** Finds the client that a request means, or refuses with `client_unknown`. */
export type FindClient = (services: Services, request: FastifyRequest) => Client | Promise<Client>

/** An organization id longer than this belongs to no client. */
const imsOrgIdCharsMax = 256

/**
 * The client of a call under `/m2/`: the path's; the word `client` there stands for the host's.
 *
 * @source decisions.md §1
 */
export const clientOfPath: FindClient = (services, request) => {
  const code = pathParameter(request, 'client')
  return code === 'client' ? clientOfAddress(services, request) : requireClient(services, code)
}

/** The client of a fetch: the query's, else the host's, else the default client. */
export const clientOfQuery: FindClient = (services, request) => {
  const code = queryParameter(request, 'client')
  return code === undefined ? clientOfAddress(services, request) : requireClient(services, code)
}

/**
 * The client of a visit: the query's, else the host's, else that of `imsOrgId`, else the default client.
 *
 * @source decisions.md §8
 */
export const clientOfVisit: FindClient = async (services, request) => {
  const imsOrgId = queryParameter(request, 'imsOrgId')
  if (imsOrgId === undefined || queryParameter(request, 'client') !== undefined) {
    return clientOfQuery(services, request)
  }
  return (await clientOfHost(services, request)) ?? requireClientOfOrg(services, imsOrgId)
}

async function clientOfAddress(services: Services, request: FastifyRequest): Promise<Client> {
  const named = await clientOfHost(services, request)
  return named ?? requireClient(services, services.settings.defaultClient)
}

/** The client whose code is the host's first label. An address such as 127.0.0.1 has no labels. */
async function clientOfHost({ context }: Services, request: FastifyRequest): Promise<Client | undefined> {
  const name = hostOf(request).replace(/:\d+$/, '').toLowerCase()
  const [label = ''] = name.split('.')
  return isClientCode(label) && !isIPv4(name) ? context.clients.get(label) : undefined
}

function requireClient(services: Services, code: string): Client | Promise<Client> {
  return services.context.clients.peek(code) ?? readClient(services, code)
}

async function readClient({ context }: Services, code: string): Promise<Client> {
  const client = isClientCode(code) ? await context.clients.get(code) : undefined
  if (client) return client
  throw new Refusal(
    'client_unknown',
    `There is no client ${shown(code)}; check the client code in the address.`,
  )
}

async function requireClientOfOrg({ context }: Services, imsOrgId: string): Promise<Client> {
  const client = imsOrgId.length <= imsOrgIdCharsMax ? await context.clients.byImsOrgId(imsOrgId) : undefined
  if (client) return client
  throw new Refusal(
    'client_unknown',
    `No client has the imsOrgId ${shown(imsOrgId)}; set it as the imsOrgId of the client meant, ` +
      'or name the client with the query parameter client.',
  )
}

function shown(text: string): string {
  return text.length > 100 ? `"${text.slice(0, 100)}…"` : `"${text}"`
}
