import type { FastifyInstance } from 'fastify'
import { recordVisit } from '../../domain/profiles/update.ts'
import { Refusal } from '../../lib/errors.ts'
import { uuid } from '../../lib/ids.ts'
import { compileBody } from '../../wire/check.ts'
import { DeliveryRequest, writeDelivery } from '../../wire/delivery.ts'
import { contentTypes } from '../../wire/m2-response.ts'
import { parseJson } from '../../wire/parameters.ts'
import type { Bodies } from '../bodies.ts'
import { clientOfVisit } from '../client-of.ts'
import { allowOrigin, answerPreflight } from '../cors.ts'
import { forClient, type Call } from '../endpoint.ts'
import { preflightDescription, visitDescription } from '../reference/other-routes.ts'
import type { Services } from '../services.ts'
import { requireSessionId, toVisit } from '../visit.ts'

const url = '/rest/v1/delivery'

/** Visits: `POST /rest/v1/delivery`, and the browsers' question before it. */
export function addDeliveryRoutes(app: FastifyInstance, services: Services, bodies: Bodies): void {
  const checkShape = compileBody(DeliveryRequest)
  app.route({
    method: 'OPTIONS',
    url,
    config: { action: 'public', description: preflightDescription },
    handler: forClient(services, clientOfVisit, answerPreflight),
  })
  app.route({
    method: 'POST',
    url,
    config: { action: 'visit', description: visitDescription },
    handler: forClient(services, clientOfVisit, async (call) => {
      allowOrigin(call)
      const body = await readDeliveryBody(call, services, bodies)
      requireSessionId(call.request)
      const delivery = checkShape(parseJson(body))
      const { tntId } = await recordVisit(services.context, call.client, toVisit(delivery))
      const requestId = delivery.requestId?.trim() || uuid()
      const facts = { requestId, client: call.client.code, tntId, edgeHost: services.settings.edgeHost }
      return call.reply.type(contentTypes.json).send(writeDelivery(delivery, facts))
    }),
  })
}

function readDeliveryBody(call: Call, { settings }: Services, bodies: Bodies): Promise<Buffer> {
  const bytesMax = settings.deliveryBytesMax
  return bodies.read(call, bytesMax, () => {
    return new Refusal(
      'body_too_large',
      `The body of a visit has at most ${bytesMax} bytes; send less at once.`,
    )
  })
}
