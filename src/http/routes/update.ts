import type { FastifyInstance } from 'fastify'
import { updateProfile, type Applied } from '../../domain/profiles/update.ts'
import { profileBytesMax } from '../../model/limits.ts'
import { contentTypes, writeM2Response, type Format } from '../../wire/m2-response.ts'
import { submitted } from '../../wire/update.ts'
import { chooseFormat } from '../accept.ts'
import type { Bodies } from '../bodies.ts'
import { clientOfPath } from '../client-of.ts'
import { updateDescriptions } from '../reference/profile-api.ts'
import { forProfileApi } from '../token-check.ts'
import type { Services } from '../services.ts'
import { readUpdate } from '../update-request.ts'

export const updateUrl = '/m2/:client/profile/update'

/** As XML all updates are answered alike. */
const submittedXml = writeM2Response('xml', submitted)

/** Writes the reply to an update. */
export function writeSubmitted(format: Format, applied: Applied): string {
  if (format === 'xml') return submittedXml
  const bytesLeft = 'bytes' in applied ? profileBytesMax - applied.bytes : undefined
  return writeM2Response('json', submitted, { outcome: applied.kind, bytesLeft })
}

/** Single update: `GET` or `POST /m2/{client}/profile/update`. */
export function addUpdateRoute(app: FastifyInstance, services: Services, bodies: Bodies): void {
  const handler = forProfileApi(services, clientOfPath, async (call) => {
    const change = await readUpdate(call, bodies, services.settings)
    const applied = await updateProfile(services.context, call.client, change)
    const format = chooseFormat(call.request.headers.accept)
    call.reply.header('profile-outcome', applied.kind).type(contentTypes[format])
    return call.reply.send(writeSubmitted(format, applied))
  })
  for (const method of ['GET', 'POST'] as const) {
    app.route({
      method,
      url: updateUrl,
      // HEAD would write.
      exposeHeadRoute: false,
      config: { action: 'profile.update', description: updateDescriptions[method] },
      handler,
    })
  }
}
