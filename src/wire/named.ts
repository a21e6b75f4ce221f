import type { TSchema } from '@sinclair/typebox'

/**
 * Gives a schema the name under which the API's description, and the types of the TypeScript client,
 * have it. Without one it is written out wherever it is used.
 */
export function named<Schema extends TSchema>(title: string, schema: Schema): Schema {
  return { ...schema, title }
}
