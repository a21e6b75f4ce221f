import type { TObject } from '@sinclair/typebox'
import { chapters, type Contents, type ReplyDescription, type RouteDescription } from './description.ts'
import { introduction } from './introduction.ts'
import { repliesOf } from './replies.ts'
import { SchemaWriter, type Json } from './schema.ts'

/** A route with what callers have to know of it. */
export interface DescribedRoute {
  readonly method: string
  /** Its pattern, as routes have it. */
  readonly url: string
  readonly description: RouteDescription
}

/** The description of the whole API. @source OpenAPI Specification 3.1.1 */
export function buildDocument(routes: readonly DescribedRoute[], version: string): Json {
  const schemas = new SchemaWriter()
  const paths: Record<string, Record<string, Json>> = {}
  for (const route of routes) {
    const path = (paths[route.url.replace(/:(\w+)/g, '{$1}')] ??= {})
    path[route.method.toLowerCase()] = operationOf(route, schemas)
  }
  return {
    openapi: '3.1.1',
    info: { title: 'Silhouette', version, description: introduction() },
    servers: [{ url: '/', description: 'This server.' }],
    tags: Object.entries(chapters).map(([name, description]) => ({ name, description })),
    paths,
    components: { schemas: schemas.named, securitySchemes },
  }
}

function operationOf({ url, description }: DescribedRoute, schemas: SchemaWriter): Json {
  const { id, chapter, summary, details, isDeprecated, token, body } = description
  const replies = [...repliesOf(url, description)].map(([status, reply]) => [status, replyOf(reply, schemas)])
  return {
    operationId: id,
    tags: [chapter],
    summary,
    ...(details !== undefined && { description: details }),
    ...(isDeprecated && { deprecated: true }),
    security: security[token],
    parameters: parametersOf(url, description, schemas),
    ...(body && {
      requestBody: { required: body.isRequired, content: contentOf(body.contents, schemas) },
    }),
    responses: Object.fromEntries(replies),
  }
}

function parametersOf(
  url: string,
  { path, query, headers }: RouteDescription,
  schemas: SchemaWriter,
): readonly Json[] {
  const inPath = [...url.matchAll(/:(\w+)/g)].map(([, name = '']) => {
    const schema = path?.properties[name] ?? { type: 'string' }
    return Object.assign({ name, in: 'path', required: true }, described(schemas.write(schema)))
  })
  return [...inPath, ...listed('query', query, schemas), ...listed('header', headers, schemas)]
}

function listed(place: 'query' | 'header', object: TObject | undefined, schemas: SchemaWriter): Json[] {
  if (object === undefined) return []
  const named = Object.entries(object.properties).map(([name, schema]) => {
    const facts = { name, in: place, required: object.required?.includes(name) ?? false }
    return Object.assign(facts, described(schemas.write(schema)))
  })
  const { additionalProperties: others } = object
  if (typeof others !== 'object') return named
  // Any further parameter, such as those of attributes.
  const schema = { type: 'object', additionalProperties: schemas.write(others), examples: object['examples'] }
  return [...named, { name: 'others', in: place, style: 'form', explode: true, ...described(schema) }]
}

/** A parameter's text and example stand beside its schema, where readers look for them. */
function described({ description, examples, ...schema }: Json): Json {
  return {
    ...(description !== undefined && { description }),
    ...(Array.isArray(examples) && { example: examples[0] }),
    schema,
  }
}

function replyOf({ description, headers, contents }: ReplyDescription, schemas: SchemaWriter): Json {
  return {
    description,
    ...(headers && {
      headers: Object.fromEntries(
        Object.entries(headers).map(([name, schema]) => [name, described(schemas.write(schema))]),
      ),
    }),
    ...(contents && { content: contentOf(contents, schemas) }),
  }
}

function contentOf(contents: Contents, schemas: SchemaWriter): Json {
  return Object.fromEntries(
    Object.entries(contents).map(([type, { schema, examples = [] }]) => {
      const written = { schema: schemas.write(schema) }
      return [type, examples.length === 0 ? written : { ...written, example: examples[0] }]
    }),
  )
}

const securitySchemes = {
  profileToken: {
    type: 'http',
    scheme: 'bearer',
    description: 'The profile authentication token, while the switch of the client is on.',
  },
  profileTokenHeader: {
    type: 'apiKey',
    in: 'header',
    name: 'access_token',
    description: 'The same token in a header of its own, as some connectors send it.',
  },
  accessToken: {
    type: 'http',
    scheme: 'bearer',
    description: 'An access token from `POST /ims/token/v3`; good for 24 hours.',
  },
  session: {
    type: 'apiKey',
    in: 'cookie',
    name: 'silhouette-session',
    description:
      'The session of a person; behind TLS its name begins with `__Host-`. What changes something must ' +
      'come from a page of this origin, as `Sec-Fetch-Site` or `Origin` tell.',
  },
  apiKey: {
    type: 'apiKey',
    in: 'header',
    name: 'X-Api-Key',
    description: 'The client id of the API credential that the access token was given to.',
  },
}

const security: Readonly<Record<RouteDescription['token'], readonly Json[]>> = {
  none: [],
  // Without a token, too: the switch is off by default.
  profile: [{}, { profileToken: [] }, { profileTokenHeader: [] }],
  access: [{ accessToken: [], apiKey: [] }, { session: [] }],
  session: [{ session: [] }],
}
