import type { FastifyInstance } from 'fastify'
import { getProfile } from '../../domain/profiles/read.ts'
import { Refusal } from '../../lib/errors.ts'
import { parseId, type IdKind } from '../../model/visitor-id.ts'
import { contentTypes } from '../../wire/m2-response.ts'
import { writeProfile } from '../../wire/profile.ts'
import { pathParameter } from '../address.ts'
import { clientOfQuery } from '../client-of.ts'
import { fetchDescriptions } from '../reference/profile-api.ts'
import { forProfileApi } from '../token-check.ts'
import type { Services } from '../services.ts'

/** The addresses of a fetch, and what its error calls the id. */
const addresses: readonly { readonly kind: IdKind; readonly url: string; readonly name: string }[] = [
  { kind: 'tntId', url: '/rest/v1/profiles/:id', name: 'mboxPC' },
  { kind: 'thirdPartyId', url: '/rest/v1/profiles/thirdPartyId/:id', name: 'third party id' },
  { kind: 'ecid', url: '/rest/v1/profiles/marketingCloudVisitorId/:id', name: 'marketingCloudVisitorId' },
]

/** The address of a fetch by a kind of id. */
export function addressOf(kind: IdKind): string {
  return addresses.find((address) => address.kind === kind)?.url ?? ''
}

/** Fetch: `GET /rest/v1/profiles/…` by each kind of id. */
export function addProfileRoutes(app: FastifyInstance, services: Services): void {
  for (const { kind, url, name } of addresses) {
    app.route({
      method: 'GET',
      url,
      config: { action: 'profile.fetch', description: fetchDescriptions[kind] },
      handler: forProfileApi(services, clientOfQuery, async ({ request, reply, client }) => {
        const visitorId = pathParameter(request, 'id')
        const id = parseId(kind, visitorId)
        // An id that no visitor can have is one that has no profile.
        const profile =
          typeof id === 'string' ? await getProfile(services.context, client, { kind, id }) : undefined
        if (profile === undefined) {
          throw new Refusal(
            'profile_not_found',
            `No profile found for client ${client.code} with ${name}=${visitorId}`,
          )
        }
        return reply.type(contentTypes.json).send(writeProfile({ client: client.code, visitorId }, profile))
      }),
    })
  }
}
