import type { FastifyInstance, FastifyRequest } from 'fastify'
import { accessTokenSeconds, issueAccessToken } from '../../domain/accounts/access-token.ts'
import { Refusal } from '../../lib/errors.ts'
import { contentTypes } from '../../wire/m2-response.ts'
import { writeAccessToken } from '../../wire/oauth.ts'
import { parseJson } from '../../wire/parameters.ts'
import { rawQuery } from '../address.ts'
import type { Bodies } from '../bodies.ts'
import { accessTokenDescription } from '../reference/other-routes.ts'
import type { Services } from '../services.ts'

/** Largest body of a request for an access token, bytes. */
const bodyBytesMax = 65_536

/** OAuth server-to-server: an access token for client credentials. @source target-profile-service.md §7.9 */
export function addImsRoute(app: FastifyInstance, services: Services, bodies: Bodies): void {
  app.route({
    method: 'POST',
    url: '/ims/token/v3',
    config: { action: 'public', description: accessTokenDescription },
    handler: async (request, reply) => {
      const body = await bodies.read({ request, reply }, bodyBytesMax, tooLarge)
      const parameters = parametersOf(request, body)
      requireGrantType(parameters.get('grant_type'))
      const credential = credentialOf(request, parameters)
      reply.header('cache-control', 'no-store')
      const accessToken = await issueAccessToken(services.context, credential)
      return reply.type(contentTypes.json).send(writeAccessToken(accessToken, accessTokenSeconds))
    },
  })
}

/** Parameters may stand in the body or in the query; the body counts first. */
function parametersOf(request: FastifyRequest, body: Buffer): Map<string, string> {
  const query = new URLSearchParams(rawQuery(request.url))
  return new Map([...query, ...bodyParameters(request, body)])
}

function bodyParameters({ headers }: FastifyRequest, body: Buffer): [string, string][] {
  if (body.length === 0) return []
  if (!/^application\/json\b/i.test(headers['content-type'] ?? '')) {
    return [...new URLSearchParams(body.toString('utf8'))]
  }
  const json = parseJson(body)
  return Object.entries(typeof json === 'object' && json !== null ? json : {}).flatMap(([name, value]) =>
    typeof value === 'string' ? [[name, value]] : [],
  )
}

function requireGrantType(grantType: string | undefined) {
  if (grantType === 'client_credentials') return
  if (grantType === undefined || grantType === '') throw missing('grant_type', 'client_credentials')
  throw new Refusal('grant_type_unsupported', 'The grant_type must be client_credentials.')
}

/** The client id and secret as parameters, or as HTTP Basic. @source RFC 6749 §2.3.1 */
function credentialOf({ headers }: FastifyRequest, parameters: ReadonlyMap<string, string>) {
  const basic = /^basic +(\S+)$/i.exec(headers.authorization?.trim() ?? '')?.[1]
  const [user = '', ...rest] = Buffer.from(basic ?? '', 'base64')
    .toString('utf8')
    .split(':')
  const clientId = parameters.get('client_id') ?? user
  const clientSecret = parameters.get('client_secret') ?? rest.join(':')
  if (clientId === '') throw missing('client_id', 'the client id of an API credential')
  if (clientSecret === '') throw missing('client_secret', 'the secret of the API credential')
  return { clientId, clientSecret }
}

function missing(name: string, what: string): Refusal {
  return new Refusal('parameter_invalid', `The parameter ${name} is missing; send ${what}.`)
}

function tooLarge(): Refusal {
  return new Refusal('body_too_large', `A request for an access token has at most ${bodyBytesMax} bytes.`)
}
