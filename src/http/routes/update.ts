import type { FastifyInstance } from 'fastify'
import { updateProfile } from '../../domain/profiles/update.ts'
import { contentTypes, writeM2Response } from '../../wire/m2-response.ts'
import { chooseFormat } from '../accept.ts'
import type { Bodies } from '../bodies.ts'
import { clientOfPath } from '../client-of.ts'
import { forProfileApi } from '../token-check.ts'
import type { Services } from '../services.ts'
import { readUpdate } from '../update-request.ts'

/** Single update: `GET` or `POST /m2/{client}/profile/update`. */
export function addUpdateRoute(app: FastifyInstance, services: Services, bodies: Bodies): void {
  app.route({
    method: ['GET', 'POST'],
    url: '/m2/:client/profile/update',
    // HEAD would write.
    exposeHeadRoute: false,
    config: { action: 'profile.update' },
    handler: forProfileApi(services, clientOfPath, async (call) => {
      const change = await readUpdate(call, bodies, services.settings)
      const { kind: outcome } = await updateProfile(services.context, call.client, change)
      const format = chooseFormat(call.request.headers.accept)
      const elements = { success: true, message: 'Request successfully submitted' }
      call.reply.header('profile-outcome', outcome).type(contentTypes[format])
      return call.reply.send(writeM2Response(format, elements, { outcome }))
    }),
  })
}
