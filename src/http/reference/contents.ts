import type { TSchema } from '@sinclair/typebox'
import type { Contents } from './description.ts'

/** A body as JSON. */
export function json(schema: TSchema, ...examples: unknown[]): Contents {
  return { 'application/json': { schema, examples } }
}

/** The same facts as XML, which has Adobe's elements alone, and as JSON. */
export function xmlAndJson(elements: TSchema, schema: TSchema): Contents {
  return { 'text/xml': { schema: xmlOf(elements) }, 'application/json': { schema } }
}

/** The XML form of a reply under `/m2/`: one element with an element for each member. */
export function xmlOf(elements: TSchema): TSchema {
  const { title: _, ...schema } = elements
  return { ...schema, xml: { name: 'response' } }
}
