import type { FastifyInstance, FastifyReply } from 'fastify'
import { Readable } from 'node:stream'
import { acceptBatch } from '../../domain/batches/accept.ts'
import { readFailedRows } from '../../domain/batches/failed-rows.ts'
import { readBatch } from '../../domain/batches/status.ts'
import { Refusal } from '../../lib/errors.ts'
import { consumedCount, successfulUpdates, type Batch } from '../../model/batch.ts'
import { contentTypes, writeM2Response } from '../../wire/m2-response.ts'
import { chooseFormat } from '../accept.ts'
import { originOf, queryParameter } from '../address.ts'
import { contentLength, type Bodies } from '../bodies.ts'
import { CallLimit } from '../call-limit.ts'
import { clientOfPath } from '../client-of.ts'
import type { Call } from '../endpoint.ts'
import { statusDescription, uploadDescription } from '../reference/profile-api.ts'
import { forProfileApi } from '../token-check.ts'
import type { Services } from '../services.ts'

/** Bulk upload v1 and v2, and what became of an upload. */
export function addBatchRoutes(app: FastifyInstance, services: Services, bodies: Bodies): void {
  const limit = new CallLimit(services.context.callCounts, {
    name: 'batch',
    perMinute: services.settings.batchCallsPerMinute,
  })
  addUploadRoute(app, services, { bodies, limit, version: 1, url: '/m2/:client/profile/batchUpdate' })
  addUploadRoute(app, services, { bodies, limit, version: 2, url: '/m2/:client/v2/profile/batchUpdate' })
  addStatusRoute(app, services, { version: 1, url: '/m2/:client/profile/batchStatus' })
  // Links of older replies have the version in them.
  addStatusRoute(app, services, { version: 2, url: '/m2/:client/v2/profile/batchStatus' })
}

interface UploadRoute {
  readonly bodies: Bodies
  /** Of both versions together. */
  readonly limit: CallLimit
  readonly version: 1 | 2
  readonly url: string
}

function addUploadRoute(app: FastifyInstance, services: Services, route: UploadRoute) {
  const { bodies, limit, version, url } = route
  app.route({
    method: 'POST',
    url,
    config: { action: 'batch.upload', isUpload: true, description: uploadDescription(version) },
    handler: forProfileApi(services, clientOfPath, async (call) => {
      await limit.take(call.client.code, call.reply)
      refuseLargeUpload(call, services.context.settings.batchBytesMax)
      const { client } = call
      const batch = await acceptBatch(services.context, { client, version, body: bodies.open(call) })
      return sendAccepted(call, batch)
    }),
  })
}

/** Refuses an upload by its Content-Length; of compressed ones the decoded bytes count, as they are read. */
function refuseLargeUpload({ request }: Call, bytesMax: number) {
  if (request.headers['content-encoding'] !== undefined || contentLength(request.raw) < bytesMax) return
  throw new Refusal(
    'batch_too_large',
    `The upload must be smaller than ${bytesMax} bytes; split it into several batches.`,
  )
}

function sendAccepted(call: Call, { batchId }: Batch): FastifyReply {
  const address = `/m2/${call.client.code}/profile/batchStatus?batchId=${batchId}`
  const batchStatus = originOf(call.request) + address
  return send(call, { success: true, batchStatus, message: 'Batch submitted for processing' })
}

function addStatusRoute(
  app: FastifyInstance,
  services: Services,
  { version, url }: Pick<UploadRoute, 'version' | 'url'>,
) {
  app.route({
    method: 'GET',
    url,
    config: { action: 'batch.status', description: statusDescription(version) },
    handler: forProfileApi(services, clientOfPath, async (call) => {
      if (isOn(call, 'failedRows')) return sendFailedRows(services, call)
      const found = await readBatch(services.context, call.client, requireBatchId(call))
      if (found === undefined) throw unknownBatch(call)
      const { batchId, rows } = found.batch
      const elements = { batchId, status: found.status, batchSize: rows }
      return isOn(call, 'showDetails') ? sendDetails(call, elements, found.batch) : send(call, elements)
    }),
  })
}

function sendDetails(call: Call, elements: Elements, { progress, problem }: Batch): FastifyReply {
  const { created, updated, unchanged, profilesNotFound, failedUpdates } = progress
  const counts = {
    consumedCount: consumedCount(progress),
    successfulUpdates: successfulUpdates(progress),
    profilesNotFound,
    failedUpdates,
  }
  return send(call, { ...elements, ...counts }, { created, updated, unchanged, problem })
}

async function sendFailedRows(services: Services, call: Call): Promise<FastifyReply> {
  const rows = await readFailedRows(services.context, call.client, requireBatchId(call))
  if (rows === undefined) throw unknownBatch(call)
  return call.reply.type('text/plain;charset=UTF-8').send(Readable.from(rows, { objectMode: false }))
}

type Elements = Readonly<Record<string, string | number | boolean>>

function send(
  { request, reply }: Call,
  elements: Elements,
  beyond: Readonly<Record<string, unknown>> = {},
): FastifyReply {
  const format = chooseFormat(request.headers.accept)
  return reply.type(contentTypes[format]).send(writeM2Response(format, elements, beyond))
}

function isOn({ request }: Call, parameter: string): boolean {
  return queryParameter(request, parameter)?.toLowerCase() === 'true'
}

/** No id of ours is longer, or of other characters; a store is not asked for those. */
const batchIdPattern = /^[a-z0-9-]{1,100}$/

function requireBatchId(call: Call): string {
  const batchId = queryParameter(call.request, 'batchId')
  if (batchId === undefined) {
    throw new Refusal(
      'parameter_invalid',
      'The parameter batchId is missing; use the batchStatus link that the upload was answered with.',
    )
  }
  if (!batchIdPattern.test(batchId)) throw unknownBatch(call)
  return batchId
}

function unknownBatch({ request, client }: Call): Refusal {
  const batchId = queryParameter(request, 'batchId')?.slice(0, 100)
  return new Refusal('batch_not_found', `Client ${client.code} has no batch ${batchId}, or has it no longer.`)
}
