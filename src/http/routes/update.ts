import type { FastifyInstance } from 'fastify'
import { updateProfile } from '../../domain/profiles/update.ts'
import { profileBytesMax } from '../../model/limits.ts'
import { contentTypes, writeM2Response } from '../../wire/m2-response.ts'
import { submitted } from '../../wire/update.ts'
import { chooseFormat } from '../accept.ts'
import type { Bodies } from '../bodies.ts'
import { clientOfPath } from '../client-of.ts'
import { updateDescriptions } from '../reference/profile-api.ts'
import { forProfileApi } from '../token-check.ts'
import type { Services } from '../services.ts'
import { readUpdate } from '../update-request.ts'

/** As XML all updates are answered alike. */
const submittedXml = writeM2Response('xml', submitted)

/** Single update: `GET` or `POST /m2/{client}/profile/update`. */
export function addUpdateRoute(app: FastifyInstance, services: Services, bodies: Bodies): void {
  const handler = forProfileApi(services, clientOfPath, async (call) => {
    const change = await readUpdate(call, bodies, services.settings)
    const applied = await updateProfile(services.context, call.client, change)
    const { kind: outcome } = applied
    const bytesLeft = 'bytes' in applied ? profileBytesMax - applied.bytes : undefined
    const format = chooseFormat(call.request.headers.accept)
    call.reply.header('profile-outcome', outcome).type(contentTypes[format])
    return call.reply.send(
      format === 'xml' ? submittedXml : writeM2Response('json', submitted, { outcome, bytesLeft }),
    )
  })
  for (const method of ['GET', 'POST'] as const) {
    app.route({
      method,
      url: '/m2/:client/profile/update',
      // HEAD would write.
      exposeHeadRoute: false,
      config: { action: 'profile.update', description: updateDescriptions[method] },
      handler,
    })
  }
}
