import { readBatch } from '../../domain/batches/status.ts'
import type { Caller } from '../../domain/callers/log.ts'
import { editProfile, eraseProfile } from '../../domain/profiles/edit.ts'
import { getProfile } from '../../domain/profiles/read.ts'
import { Refusal } from '../../lib/errors.ts'
import { consumedCount, successfulUpdates, type Batch } from '../../model/batch.ts'
import { profileBytesMax } from '../../model/limits.ts'
import { viewBytes } from '../../model/profile.ts'
import { parseId, type IdKind, type VisitorId } from '../../model/visitor-id.ts'
import { ProfilePatchBody } from '../../wire/admin.ts'
import { AttributeNames, Caller as CallerEntry, listReply, PageQuery } from '../../wire/admin-replies.ts'
import { BatchEntry } from '../../wire/batch.ts'
import { ProfileEntry, writeProfile } from '../../wire/profile.ts'
import { endpoint, endpointWithBody, pageOf, listOf, type AdminCall, type AdminEndpoint } from './endpoint.ts'

const profilePath = '/profiles/:kind/:id'

/** What is known of visitors, and who calls: profiles, attribute names, batches, callers. */
export const visitorEndpoints: readonly AdminEndpoint[] = [
  endpoint({
    method: 'GET',
    path: profilePath,
    action: 'profiles.read',
    summary: 'Read a profile by an id.',
    reply: [200, ProfileEntry],
    refusals: ['profile_not_found', 'route_unknown'],
    handle: async (call) => ({ status: 200, body: await shownProfile(call, requireId(call)) }),
  }),
  endpointWithBody(ProfilePatchBody, {
    method: 'PATCH',
    path: profilePath,
    action: 'profiles.edit',
    summary: 'Set and remove attributes of a profile.',
    example: { set: { plan: 'gold' }, remove: ['trial'] },
    reply: [200, ProfileEntry],
    refusals: ['profile_not_found', 'route_unknown', 'attribute_name_invalid', 'profile_too_large'],
    handle: async (call) => {
      const id = requireId(call)
      const { set = {}, remove = [] } = call.body
      const isDone = await editProfile(call.context, call, { id, set: new Map(Object.entries(set)), remove })
      if (!isDone) throw noProfile(call)
      return { status: 200, body: await shownProfile(call, id) }
    },
  }),
  endpoint({
    method: 'DELETE',
    path: profilePath,
    action: 'profiles.delete',
    summary: 'Delete a profile with all its ids.',
    reply: [204],
    refusals: ['profile_not_found', 'route_unknown'],
    handle: async (call) => {
      if (!(await eraseProfile(call.context, call, requireId(call)))) throw noProfile(call)
      return { status: 204 }
    },
  }),
  endpoint({
    method: 'GET',
    path: '/profileattributes/mbox',
    action: 'attributeNames.read',
    summary: 'List the names of attributes seen in writes.',
    reply: [200, AttributeNames],
    handle: async ({ context, client }) => {
      const names = await context.store.profiles.attributeNames(client.code)
      const mboxProfileAttributes = names.toSorted(byCodePoint).map((name) => `profile.${name}`)
      return { status: 200, body: { mboxProfileAttributes } }
    },
  }),
  endpoint({
    method: 'GET',
    path: '/batches',
    action: 'batches.read',
    summary: 'List the batches of the client, the latest first.',
    query: PageQuery,
    reply: [200, listReply('batches', BatchEntry)],
    handle: async (call) => {
      const { context, client, query } = call
      const page = pageOf(query)
      const { total, batches } = await context.store.batches.list(client.code, page)
      return {
        status: 200,
        body: { total, batches: await Promise.all(batches.map((batch) => shownBatch(call, batch))) },
      }
    },
  }),
  endpoint({
    method: 'GET',
    path: '/batches/:batchId',
    action: 'batches.read',
    summary: 'Read a batch.',
    reply: [200, BatchEntry],
    refusals: ['batch_not_found'],
    handle: async (call) => {
      const batchId = call.params['batchId'] ?? ''
      const batch = await call.context.store.batches.get(call.client.code, batchId)
      if (batch) return { status: 200, body: await shownBatch(call, batch) }
      throw new Refusal(
        'batch_not_found',
        `Client ${call.client.code} has no batch ${batchId.slice(0, 100)}.`,
      )
    },
  }),
  endpoint({
    method: 'GET',
    path: '/callers',
    action: 'callers.read',
    summary: 'List the callers of the last 24 hours that the switch would cut off.',
    query: PageQuery,
    reply: [200, listReply('callers', CallerEntry)],
    handle: async ({ context, client, query }) => {
      await context.flushCallers()
      const callers = await context.callers.list(client.code)
      const shown = callers.map(shownCaller)
      return listOf(query, 'callers', shown)
    },
  }),
]

/** The kinds of ids in the path, by the names of Adobe's wire. */
const kinds: Readonly<Record<string, IdKind>> = {
  tntId: 'tntId',
  thirdPartyId: 'thirdPartyId',
  marketingCloudVisitorId: 'ecid',
}

function requireId(call: AdminCall): VisitorId {
  const { kind: kindName = '', id: text = '' } = call.params
  const kind = Object.hasOwn(kinds, kindName) ? kinds[kindName] : undefined
  if (kind === undefined) {
    throw new Refusal(
      'route_unknown',
      `A profile is named by ${Object.keys(kinds).join(', ')}, not by "${kindName.slice(0, 100)}".`,
    )
  }
  const id = parseId(kind, text)
  // An id that no visitor can have is one that has no profile.
  if (typeof id !== 'string') throw noProfile(call)
  return { kind, id }
}

async function shownProfile(call: AdminCall, id: VisitorId): Promise<unknown> {
  const profile = await getProfile(call.context, call.client, id)
  if (profile === undefined) throw noProfile(call)
  const visitorId = call.params['id'] ?? ''
  const shown: object = JSON.parse(writeProfile({ client: call.client.code, visitorId }, profile))
  return { ...shown, bytesLeft: profileBytesMax - viewBytes(profile) }
}

function noProfile({ client, params }: AdminCall): Refusal {
  return new Refusal(
    'profile_not_found',
    `No profile found for client ${client.code} with ${params['kind']}=${params['id']}`,
  )
}

function shownCaller({ address, userAgent, endpoint: called, calls, lastAtMs }: Caller) {
  return { address, userAgent, endpoint: called, calls, lastAt: new Date(lastAtMs).toISOString() }
}

async function shownBatch({ context, client }: AdminCall, batch: Batch) {
  const { progress, batchId } = batch
  const found = await readBatch(context, client, batchId)
  return {
    batchId,
    status: found?.status ?? 'complete',
    version: batch.version,
    key: batch.key,
    batchSize: batch.rows,
    bytes: batch.bytes,
    consumedCount: consumedCount(progress),
    successfulUpdates: successfulUpdates(progress),
    profilesNotFound: progress.profilesNotFound,
    failedUpdates: progress.failedUpdates,
    created: progress.created,
    updated: progress.updated,
    unchanged: progress.unchanged,
    acceptedAt: new Date(batch.acceptedAtMs).toISOString(),
    completedAt: batch.completedAtMs === undefined ? undefined : new Date(batch.completedAtMs).toISOString(),
    problem: batch.problem,
  }
}

/** Sorts by Unicode code point; JavaScript's own order is that of UTF-16 units. */
function byCodePoint(a: string, b: string): number {
  return Buffer.compare(Buffer.from(a), Buffer.from(b))
}
