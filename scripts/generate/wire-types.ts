import { readApiDocument, type Schema } from './document.ts'

/** The shapes of replies as types for the TypeScript client, which imports nothing of the server. */
export async function clientWireTypes(): Promise<string> {
  const { components } = await readApiDocument()
  return [
    '// Made by `npm run generate` from the schemas of src/wire; edit those.',
    '',
    ...Object.entries(components.schemas).map(([name, schema]) =>
      schema.properties
        ? `export interface ${name} ${objectType(schema)}\n`
        : `export type ${name} = ${typeOf(schema)}\n`,
    ),
  ].join('\n')
}

function typeOf(schema: Schema): string {
  const { $ref, type, items, properties, additionalProperties } = schema
  if ($ref !== undefined) return $ref.split('/').at(-1) ?? 'unknown'
  if (schema.const !== undefined) return JSON.stringify(schema.const)
  if (schema.enum) return schema.enum.map((value) => JSON.stringify(value)).join(' | ')
  if (schema.anyOf) return schema.anyOf.map(typeOf).join(' | ')
  if (items) return `readonly (${typeOf(items)})[]`
  if (properties && Object.keys(properties).length > 0) return objectType(schema)
  if (additionalProperties) return `Readonly<Record<string, ${typeOf(additionalProperties)}>>`
  if (type === 'object') return 'Readonly<Record<string, unknown>>'
  return type === 'integer' ? 'number' : (type ?? 'unknown')
}

function objectType({ properties = {}, required = [] }: Schema): string {
  const members = Object.entries(properties).map(([name, member]) => {
    const text = member.description === undefined ? '' : `/** ${member.description} */\n`
    return `${text}readonly ${name}${required.includes(name) ? '' : '?'}: ${typeOf(member)}`
  })
  return `{\n${members.join('\n')}\n}`
}
