import type { TObject, TSchema } from '@sinclair/typebox'
import type { Actor } from '../../domain/audit/log.ts'
import type { Client } from '../../domain/clients/directory.ts'
import type { ControlContext } from '../../domain/context.ts'
import { Refusal, type ErrorCode } from '../../lib/errors.ts'
import { mayDo, rolesOfAction, type Action, type Principal } from '../../model/permission.ts'
import { compileBody } from '../../wire/check.ts'
import { parseJson } from '../../wire/parameters.ts'
import type { Services } from '../services.ts'

export type AdminMethod = 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE'

/** A call to the Admin API by someone who is known, on a client that exists, with a body that fits. */
export interface AdminCall<Body = unknown> {
  readonly context: ControlContext
  readonly services: Services
  readonly client: Client
  readonly principal: Principal
  readonly actor: Actor
  readonly requestId: string
  /** Decoded parts of the path, by the names in the endpoint's path. */
  readonly params: Readonly<Record<string, string>>
  readonly query: URLSearchParams
  readonly body: Body
}

/** What a call is answered with; no body is 204's. */
export interface AdminReply {
  readonly status: number
  readonly body?: unknown
}

/** What every endpoint says of itself, to its routes and to the reference. */
interface Declared {
  readonly method: AdminMethod
  /** Behind `/{tenant}/target`; parts that begin with `:` are parameters. */
  readonly path: string
  readonly action: Action
  /** One sentence for the reference. */
  readonly summary: string
  /** Parameters of the query, for the reference; handlers read them. */
  readonly query?: TObject
  /** A body that is taken, for the reference. */
  readonly example?: unknown
  /** Status and shape of the reply to a call that is carried out. */
  readonly reply: readonly [200 | 201, TSchema] | readonly [204]
  /** Codes that it refuses with, besides those that all endpoints have. */
  readonly refusals?: readonly ErrorCode[]
}

/** One address and method of the Admin API, as routes and operations of a batch run it. */
export interface AdminEndpoint extends Declared {
  /** Absent for endpoints that read no body. */
  readonly bodySchema?: TSchema | undefined
  readonly isBodyRequired: boolean
  /** Whether a call counts towards the calls a minute. */
  readonly isCounted: boolean
  readonly run: (call: AdminCall, bodyText: Buffer) => Promise<AdminReply>
}

interface Declaration<Body> extends Declared {
  readonly isCounted?: false
  readonly handle: (call: AdminCall<Body>) => Promise<AdminReply>
}

/** Declares an endpoint that reads no body. */
export function endpoint(declaration: Declaration<undefined>): AdminEndpoint {
  const { handle, isCounted = true, ...rest } = declaration
  return {
    ...rest,
    isCounted,
    isBodyRequired: false,
    run: (call) => handle({ ...call, body: undefined }),
  }
}

/**
 * Declares an endpoint that takes JSON of a schema.
 *
 * @param declaration.emptyBody what an absent body stands for; without it one is required
 */
export function endpointWithBody<Schema extends TSchema>(
  schema: Schema,
  declaration: Declaration<ReturnType<ReturnType<typeof compileBody<Schema>>>> & {
    readonly emptyBody?: string
  },
): AdminEndpoint {
  const { handle, isCounted = true, emptyBody, ...rest } = declaration
  const check = compileBody(schema)
  return {
    ...rest,
    isCounted,
    bodySchema: schema,
    isBodyRequired: emptyBody === undefined,
    run: (call, text) => {
      const isAbsent = text.length === 0 && emptyBody !== undefined
      const json = isAbsent ? Buffer.from(emptyBody) : text
      requireShallow(json)
      return handle({ ...call, body: check(parseJson(json)) })
    },
  }
}

/** Objects and arrays within one another that a body may have. */
const depthMax = 100

/** Refuses JSON that is nested deeper than anything can mean, before anything walks through it. */
export function requireShallow(json: Buffer): void {
  let depth = 0
  let isText = false
  for (let i = 0; i < json.length; i++) {
    const byte = json[i]
    if (byte === 0x5c) i++
    else if (byte === 0x22) isText = !isText
    else if (!isText && (byte === 0x7b || byte === 0x5b) && ++depth > depthMax) throw tooDeep()
    else if (!isText && (byte === 0x7d || byte === 0x5d)) depth--
  }
}

function tooDeep(): Refusal {
  return new Refusal('parameter_invalid', `The body is nested deeper than ${depthMax} levels; flatten it.`)
}

/** @throws Refusal `action_not_allowed`, which names the roles that may */
export function requireAction(principal: Principal, action: Action, client: Client): void {
  if (mayDo(principal, action, client.code)) return
  throw new Refusal(
    'action_not_allowed',
    `This needs one of the roles ${rolesOfAction[action].join(', ')} on client ${client.code}.`,
  )
}

/** A page of a list as callers ask for it. */
export function listOf<Item>(
  query: URLSearchParams,
  plural: string,
  items: readonly Item[],
): { status: 200; body: object } {
  const { limit, offset } = pageOf(query)
  return { status: 200, body: { total: items.length, [plural]: items.slice(offset, offset + limit) } }
}

/** Entries of a list that are sent when no limit is given. @source target-profile-service.md §7.1 */
const limitDefault = 2_147_483_647

/** @throws Refusal `parameter_invalid` for what is no whole number */
export function pageOf(query: URLSearchParams, limitIfNone = limitDefault) {
  return { limit: wholeNumber(query, 'limit', limitIfNone), offset: wholeNumber(query, 'offset', 0) }
}

function wholeNumber(query: URLSearchParams, name: string, ifNone: number): number {
  const text = query.get(name)?.trim()
  if (text === undefined || text === '') return ifNone
  if (/^\d{1,10}$/.test(text)) return Number(text)
  throw new Refusal('parameter_invalid', `The parameter ${name} must be a whole number of 0 or more.`)
}
