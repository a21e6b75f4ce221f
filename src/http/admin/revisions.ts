import { Type } from '@sinclair/typebox'
import { auditedTypes, readAudit, type AuditEntry, type AuditQuery } from '../../domain/audit/log.ts'
import { installPartition } from '../../domain/documents.ts'
import { Refusal } from '../../lib/errors.ts'
import { dayMs } from '../../model/limits.ts'
import { isSystemAdmin } from '../../model/permission.ts'
import { PageQuery, RevisionDetails, RevisionList } from '../../wire/admin-replies.ts'
import { endpoint, pageOf, type AdminCall, type AdminEndpoint, type AdminReply } from './endpoint.ts'

/** Types that Adobe has, of which nothing is kept here. @source target-profile-service.md §7.7 */
const adobeTypes: readonly string[] = [
  'activity',
  'audience',
  'offer',
  'profileScript',
  'property',
  'environment',
  'responseToken',
  'host',
  'authorizedHosts',
]

/** Revisions of an entity that are sent unless more are asked for. @source target-profile-service.md §7.7 */
const entityRevisionsShown = 100

/** The audit log, on Adobe's wire. @source target-profile-service.md §7.7, decisions.md §7 */
export const revisionEndpoints: readonly AdminEndpoint[] = [
  endpoint({
    method: 'GET',
    path: '/revisions/:type',
    action: 'audit.read',
    summary: 'List changes of a type: those of the last day, or since modifiedAt.',
    query: Type.Object({
      ...PageQuery.properties,
      modifiedAt: Type.Optional(Type.String({ description: 'Since when; ISO 8601 or epoch milliseconds.' })),
      modifiedBy: Type.Optional(
        Type.String({ description: 'E-mail address of a person, or client id of a credential.' }),
      ),
    }),
    reply: [200, RevisionList],
    handle: async (call) => {
      const sinceMs = readTime(call, 'modifiedAt') ?? call.context.clock.nowMs() - dayMs
      const by = call.query.get('modifiedBy')?.trim() || undefined
      return log(call, { sinceMs, by }, pageOf(call.query))
    },
  }),
  endpoint({
    method: 'GET',
    path: '/revisions/:type/:id',
    action: 'audit.read',
    summary: 'List the changes of one thing, the latest first.',
    query: PageQuery,
    reply: [200, RevisionList],
    handle: async (call) =>
      log(call, { entityId: call.params['id'] ?? '' }, pageOf(call.query, entityRevisionsShown)),
  }),
  endpoint({
    method: 'GET',
    path: '/revisions/:type/:id/revision',
    action: 'audit.read',
    summary: 'Read the latest change of one thing no later than timestamp.',
    query: Type.Object({ timestamp: Type.String({ description: 'ISO 8601 or epoch milliseconds.' }) }),
    reply: [200, RevisionDetails],
    refusals: ['revision_not_found'],
    handle: async (call) => {
      const atMs = readTime(call, 'timestamp')
      if (atMs === undefined) throw new Refusal('parameter_invalid', 'The parameter timestamp is missing.')
      return one(call, (entry) => entry.atMs <= atMs)
    },
  }),
  endpoint({
    method: 'GET',
    path: '/revisions/:type/:id/revision/:revisionId',
    action: 'audit.read',
    summary: 'Read one change.',
    reply: [200, RevisionDetails],
    refusals: ['revision_not_found'],
    handle: async (call) => one(call, (entry) => String(entry.id) === call.params['revisionId']),
  }),
]

async function log(
  call: AdminCall,
  query: Pick<AuditQuery, 'entityId' | 'sinceMs' | 'by'>,
  { limit, offset }: { limit: number; offset: number },
): Promise<AdminReply> {
  const revisions = []
  let total = 0
  for await (const entry of entries(call, query)) {
    if (total >= offset && revisions.length < limit) revisions.push(summaryOf(entry))
    total++
  }
  return { status: 200, body: { total, pagination: { offset, limit }, revisions } }
}

async function one(call: AdminCall, isWanted: (entry: AuditEntry) => boolean): Promise<AdminReply> {
  for await (const entry of entries(call, { entityId: call.params['id'] ?? '' })) {
    if (!isWanted(entry)) continue
    const { before, after, by } = entry
    const { address, userAgent } = by
    const jsonData = JSON.stringify({ before, after, address, userAgent })
    return { status: 200, body: { summary: summaryOf(entry), jsonData } }
  }
  throw new Refusal('revision_not_found', `The audit log has no such revision of "${call.params['id']}".`)
}

async function* entries(
  { context, client, params, principal }: AdminCall,
  query: Pick<AuditQuery, 'entityId' | 'sinceMs' | 'by'>,
): AsyncGenerator<AuditEntry> {
  const type = auditedTypes.find((known) => known === params['type'])
  if (type === undefined) requireKnownType(params['type'] ?? '')
  if (type === undefined) return
  // Clients have one log for the install: what is not one's own is a system admin's to read.
  const isOfInstall = type === 'client'
  const place = isOfInstall ? installPartition : client.code
  // People are known by their address whatever its case.
  const entityId = type === 'user' ? query.entityId?.toLowerCase() : query.entityId
  for await (const entry of readAudit(context, { ...query, entityId, client: place, type })) {
    if (!isOfInstall || entry.entityId === client.code || isSystemAdmin(principal)) yield entry
  }
}

function requireKnownType(type: string): void {
  if (adobeTypes.includes(type)) return
  const known = [...auditedTypes, ...adobeTypes].join(', ')
  throw new Refusal(
    'parameter_invalid',
    `"${type.slice(0, 100)}" is no type of revisions; use one of ${known}.`,
  )
}

function summaryOf({ id, operation, by, atMs }: AuditEntry) {
  return {
    id,
    operation,
    modifiedBy: by.id,
    modifiedByName: by.name,
    modifiedAt: new Date(atMs).toISOString(),
  }
}

const isoPattern = /^\d{4}-\d\d-\d\d(T\d\d:\d\d(:\d\d(\.\d+)?)?(Z|[-+ ]\d\d:?\d\d)?)?$/

/** Reads a moment: ISO 8601, or epoch milliseconds. */
function readTime({ query }: AdminCall, name: string): number | undefined {
  const text = query.get(name)?.trim()
  if (!text) return undefined
  if (/^\d{13}$/.test(text)) return Number(text)
  // A plus sign that was not encoded arrives as a space.
  const ms = isoPattern.test(text) ? Date.parse(text.replace(/ (?=\d\d:?\d\d$)/, '+')) : Number.NaN
  if (!Number.isNaN(ms)) return ms
  throw new Refusal('parameter_invalid', `The parameter ${name} must be a time such as 2026-01-31T12:00:00Z.`)
}
