import { isDeepStrictEqual } from 'node:util'
import { assert } from '../../lib/assert.ts'

/** A schema, or a part of one, as JSON. */
export type Json = Readonly<Record<string, unknown>>

/**
 * Writes schemas as OpenAPI has them: those with a name once, and references to them everywhere else.
 */
export class SchemaWriter {
  /** What was named so far. */
  readonly named: Record<string, Json> = {}

  write(schema: Json): Json {
    // What a place says of it stands there.
    const { title, description, ...rest } = schema
    if (typeof title !== 'string') return this.#writeOut(schema)
    const written = this.#writeOut(rest)
    this.named[title] ??= written
    assert(isDeepStrictEqual(this.named[title], written), `one schema alone has the name ${title}`)
    return { $ref: `#/components/schemas/${title}`, ...(description !== undefined && { description }) }
  }

  #writeOut({ anyOf, patternProperties, ...rest }: Json): Json {
    return {
      ...this.#members(rest),
      ...(Array.isArray(anyOf) && this.#choice(anyOf.filter(isJson))),
      // What TypeBox makes of a record.
      ...(isJson(patternProperties) && {
        additionalProperties: this.#value(Object.values(patternProperties)[0]),
      }),
    }
  }

  /** Unions of literals read better as what may be chosen. */
  #choice(schemas: readonly Json[]): Json {
    const choices = schemas.map((schema) => schema['const'])
    if (choices.includes(undefined)) return { anyOf: schemas.map((schema) => this.write(schema)) }
    return { type: typeof choices[0] === 'number' ? 'integer' : 'string', enum: choices }
  }

  #members(schema: Json): Json {
    return Object.fromEntries(Object.entries(schema).map(([key, value]) => [key, this.#value(value)]))
  }

  #value(value: unknown): unknown {
    if (Array.isArray(value)) return value.map((item) => this.#value(item))
    return isJson(value) ? this.write(value) : value
  }
}

function isJson(value: unknown): value is Json {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
