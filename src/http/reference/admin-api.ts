import { Type, type TSchema } from '@sinclair/typebox'
import { auditedTypes } from '../../domain/audit/log.ts'
import type { ErrorCode } from '../../lib/errors.ts'
import { rolesOfAction } from '../../model/permission.ts'
import type { AdminEndpoint } from '../admin/endpoint.ts'
import { adminType } from '../admin/media-type.ts'
import type { Contents, ReplyDescription, RouteDescription } from './description.ts'

/** Describes a route of the Admin API by what its endpoint declares. */
export function describeAdmin(endpoint: AdminEndpoint): RouteDescription {
  const { method, path, action, summary, bodySchema, query } = endpoint
  return {
    id: idOf(method, path),
    chapter: 'Admin API',
    summary,
    details: `For the roles ${rolesOfAction[action].join(', ')}.`,
    token: 'access',
    path: pathParameters,
    ...(query && { query }),
    ...(bodySchema && { body: bodyOf(endpoint, bodySchema) }),
    replies: { [endpoint.reply[0]]: replyOf(endpoint) },
    refusals: refusalsOf(endpoint),
  }
}

function bodyOf({ isBodyRequired, example }: AdminEndpoint, schema: TSchema) {
  return { isRequired: isBodyRequired, contents: contentsOf(schema, example) }
}

function replyOf({ reply: [status, schema] }: AdminEndpoint): ReplyDescription {
  if (schema === undefined) return { description: 'Done.' }
  return { description: status === 201 ? 'What was made.' : 'Done.', contents: contentsOf(schema) }
}

function contentsOf(schema: TSchema, example?: unknown): Contents {
  const content = example === undefined ? { schema } : { schema, examples: [example] }
  return { [adminType]: content, 'application/json': content }
}

function refusalsOf({ refusals = [], isCounted, bodySchema }: AdminEndpoint): readonly ErrorCode[] {
  return [
    ...refusals,
    ...(bodySchema ? (['body_too_large'] as const) : []),
    ...(isCounted ? (['calls_too_many'] as const) : []),
  ]
}

/** `GET /clients/:code` is `getClientsByCode`. */
function idOf(method: string, path: string): string {
  const words = path.replaceAll(':', 'by-').split(/[/-]/)
  return method.toLowerCase() + words.map((word) => word.charAt(0).toUpperCase() + word.slice(1)).join('')
}

/** What stands in paths of the Admin API. */
const pathParameters = Type.Object({
  tenant: Type.String({ description: 'Code of a client.', examples: ['demo'] }),
  kind: Type.Union(
    [Type.Literal('tntId'), Type.Literal('thirdPartyId'), Type.Literal('marketingCloudVisitorId')],
    { description: 'What kind of id follows.' },
  ),
  id: Type.String({ description: 'The id, percent-encoded.', examples: ['1042'] }),
  code: Type.String({ description: 'Code of a client.' }),
  batchId: Type.String({ description: 'Id of a batch.' }),
  clientId: Type.String({ description: 'Client id of an API credential.' }),
  email: Type.String({ description: 'E-mail address of a person, percent-encoded.' }),
  type: Type.Union(
    auditedTypes.map((type) => Type.Literal(type)),
    { description: "What was changed. Adobe's other types are taken, and have no changes here." },
  ),
  revisionId: Type.String({ description: 'Id of a change.' }),
})
