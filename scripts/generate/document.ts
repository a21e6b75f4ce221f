import { pino } from 'pino'
import { buildApp } from '../../src/app.ts'
import { readConfig } from '../../src/config.ts'
import { SecretKey } from '../../src/domain/secret-key.ts'
import { Metrics } from '../../src/http/metrics.ts'
import { addControl, buildContext } from '../../src/services.ts'
import { openMemoryStore } from '../../src/store/memory/store.ts'

/** A schema as the document has it. */
export interface Schema {
  readonly $ref?: string
  readonly type?: string
  readonly description?: string
  readonly const?: unknown
  readonly enum?: readonly unknown[]
  readonly anyOf?: readonly Schema[]
  readonly items?: Schema
  readonly properties?: Readonly<Record<string, Schema>>
  readonly required?: readonly string[]
  readonly additionalProperties?: Schema | false
  readonly [keyword: string]: unknown
}

export interface Parameter {
  readonly name: string
  readonly in: 'path' | 'query' | 'header'
  readonly required?: boolean
  readonly description?: string
  readonly schema: Schema
}

export interface Reply {
  readonly description: string
  readonly headers?: Readonly<Record<string, { readonly description?: string }>>
  readonly content?: Readonly<Record<string, { readonly schema: Schema }>>
}

export interface Operation {
  readonly operationId: string
  readonly tags: readonly string[]
  readonly summary: string
  readonly description?: string
  readonly deprecated?: true
  readonly security: readonly Readonly<Record<string, unknown>>[]
  readonly parameters: readonly Parameter[]
  readonly requestBody?: {
    readonly required: boolean
    readonly content: Readonly<Record<string, { readonly schema: Schema; readonly example?: unknown }>>
  }
  readonly responses: Readonly<Record<string, Reply>>
}

export interface ApiDocument {
  readonly info: { readonly description: string }
  readonly tags: readonly { readonly name: string; readonly description: string }[]
  readonly paths: Readonly<Record<string, Readonly<Record<string, Operation>>>>
  readonly components: { readonly schemas: Readonly<Record<string, Schema>> }
}

/** Reads the description of the API as the server gives it to programs. */
export async function readApiDocument(): Promise<ApiDocument> {
  const reading = readConfig({ env: {}, argv: [] })
  if (reading.kind !== 'config') throw new Error('the default settings are valid')
  const domain = buildContext(reading.config, openMemoryStore(), () => {})
  const app = buildApp({
    context: addControl(domain, new SecretKey('of nothing that is kept, and long enough')),
    settings: reading.config,
    log: pino({ level: 'silent' }),
    metrics: new Metrics(),
  })
  const reply = await app.inject('/openapi.json')
  await app.close()
  return reply.json<ApiDocument>()
}
