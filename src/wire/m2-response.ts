import { Type } from '@sinclair/typebox'
import { named } from './named.ts'
import { xmlText } from './xml.ts'

/** The two forms of every reply under `/m2/`. */
export type Format = 'xml' | 'json'

export const contentTypes: Readonly<Record<Format, string>> = {
  xml: 'text/xml;charset=UTF-8',
  json: 'application/json;charset=UTF-8',
}

/**
 * Writes a reply under `/m2/`: Adobe's elements in their order, or the same facts as JSON.
 *
 * @param elements what Adobe documents, in the order documented
 * @param beyond   facts that have no element of Adobe's; only JSON shows them, undefined ones not at all
 */
export function writeM2Response(
  format: Format,
  elements: Readonly<Record<string, string | number | boolean>>,
  beyond: Readonly<Record<string, unknown>> = {},
): string {
  if (format === 'json') return JSON.stringify({ ...elements, ...beyond })
  let xml = '<response>'
  for (const [name, value] of Object.entries(elements)) xml += `<${name}>${xmlText(String(value))}</${name}>`
  return `${xml}</response>`
}

/** An error under `/m2/` as JSON; in XML it has the first two members. */
export const M2Error = named(
  'M2Error',
  Type.Object({
    success: Type.Literal(false),
    message: Type.String({ description: 'What was wrong, where, and what to do.' }),
    code: Type.Optional(Type.String({ description: 'A code of the reference of errors.' })),
    line: Type.Optional(Type.Integer({ minimum: 1, description: 'Line of an upload that is at fault.' })),
  }),
)
