import type { Static } from '@sinclair/typebox'
import { Refusal } from '../../lib/errors.ts'
import { OperationsBody } from '../../wire/admin.ts'
import { OperationResults } from '../../wire/admin-replies.ts'
import { parseJson } from '../../wire/parameters.ts'
import { answerOf } from '../errors.ts'
import {
  endpointWithBody,
  requireShallow,
  type AdminCall,
  type AdminEndpoint,
  type AdminReply,
} from './endpoint.ts'
import { adminType, requireVersion, writeAdminError } from './media-type.ts'
import { runEndpoint } from './run.ts'

type Operation = Static<typeof OperationsBody>['operations'][number]

/** What became of one operation. @source target-profile-service.md §7.6 */
interface Result {
  readonly operationId: number
  readonly skipped: boolean
  readonly statusCode?: number
  readonly headers?: readonly { readonly name: string; readonly value: string }[]
  readonly body?: unknown
}

/**
 * Makes the endpoint that carries out many operations in one call, one after the other, each judged
 * by the rights of the caller.
 *
 * @param endpoints what operations may mean
 */
export function buildOperationsEndpoint(endpoints: readonly AdminEndpoint[]): AdminEndpoint {
  const declared = endpointWithBody(OperationsBody, {
    method: 'POST',
    path: '/batch',
    action: 'operations.execute',
    summary: 'Carry out up to 256 operations, with dependencies and references between them.',
    example: {
      operations: [
        { operationId: 1, method: 'GET', relativeUrl: '/clients/settings' },
        {
          operationId: 2,
          dependsOnOperationIds: [1],
          method: 'PATCH',
          relativeUrl: '/clients/settings',
          body: { profileLifetimeDays: 30 },
        },
      ],
    },
    reply: [200, OperationResults],
    handle: async (call) => {
      const work: Work = { call, endpoints, results: new Map() }
      for (const operation of inOrder(call.body.operations)) {
        work.results.set(operation.operationId, await resultOf(work, operation))
      }
      // Results come in the order of the request, whatever waited for what.
      const results = call.body.operations.map(({ operationId }) => work.results.get(operationId))
      return { status: 200, body: { results } }
    },
  })
  return {
    ...declared,
    run: (call, text) => {
      requireShallow(text)
      return declared.run(call, Buffer.from(JSON.stringify(tidied(parseJson(text)))))
    },
  }
}

/** One call's operations, and what has become of them so far. */
interface Work {
  readonly call: AdminCall
  readonly endpoints: readonly AdminEndpoint[]
  readonly results: Map<number, Result>
}

/**
 * Reads operations as Adobe's samples and generated clients write them: optional members with a
 * tilde behind their name, absent ones as null.
 *
 * @source target-profile-service.md §7.6
 */
function tidied(body: unknown): unknown {
  const operations: unknown = Object(body).operations
  if (!Array.isArray(operations)) return body
  return { operations: operations.map(tidiedOperation) }
}

function tidiedOperation(operation: unknown): unknown {
  if (typeof operation !== 'object' || operation === null) return operation
  const members = Object.entries(operation).filter(([, value]) => value !== null)
  return Object.fromEntries(members.map(([name, value]) => [name.replace(/~$/, ''), value]))
}

/** A reference to the id of what another operation answered. */
const reference = /\{operationIdResponse:(\d+)\}/g

/** Every operation that must have succeeded before: those named, and those referred to. */
function dependenciesOf({ dependsOnOperationIds = [], relativeUrl, body }: Operation): number[] {
  const text = relativeUrl + textOf(body)
  return [...dependsOnOperationIds, ...[...text.matchAll(reference)].map(([, id]) => Number(id))]
}

/**
 * Orders operations so that each comes after those that it depends on, else as they were given.
 *
 * @throws Refusal `parameter_invalid` for an id given twice, an unknown one, or a cycle
 */
function inOrder(operations: readonly Operation[]): Operation[] {
  const byId = new Map(operations.map((operation) => [operation.operationId, operation]))
  if (byId.size < operations.length) throw invalid('two operations have the same operationId')
  const ordered = new Set<Operation>()
  const visit = (operation: Operation, above: readonly number[]) => {
    if (ordered.has(operation)) return
    const { operationId } = operation
    if (above.includes(operationId)) throw invalid(`operation ${operationId} depends on itself`)
    for (const id of dependenciesOf(operation)) {
      const other = byId.get(id)
      if (!other) throw invalid(`operation ${operationId} depends on operation ${id}, which is not there`)
      visit(other, [...above, operationId])
    }
    ordered.add(operation)
  }
  for (const operation of operations) visit(operation, [])
  return [...ordered]
}

async function resultOf(work: Work, operation: Operation): Promise<Result> {
  const { call, results } = work
  const { operationId } = operation
  const failed = dependenciesOf(operation).some((id) => !isSuccess(results.get(id)))
  if (failed) return { operationId, skipped: true }
  try {
    const { status, body } = await execute(work, operation)
    return { operationId, skipped: false, statusCode: status, headers, body: body ?? '' }
  } catch (error) {
    const { requestId } = call
    const answer = answerOf(call.services, error, {
      requestId,
      method: operation.method,
      route: 'operation of a batch',
    })
    const body: unknown = JSON.parse(writeAdminError({ ...answer, requestId, clock: call.context.clock }))
    return { operationId, skipped: false, statusCode: answer.status, headers, body }
  }
}

const headers = [{ name: 'Content-Type', value: `${adminType};charset=UTF-8` }]

function execute({ call, endpoints, results }: Work, operation: Operation): Promise<AdminReply> {
  const { method } = operation
  const fill = (text: string, encode: (id: string) => string) =>
    text.replace(reference, (_whole, id: string) => encode(idOf(results.get(Number(id)), Number(id))))
  // The id stands inside a text of JSON there, and in an address here.
  const url = fill(operation.relativeUrl, encodeURIComponent).replace(/^\/v1(?=\/)/, '')
  const text = fill(textOf(operation.body), (id) => JSON.stringify(id).slice(1, -1))
  requireVersion(headersOf(operation), method !== 'GET' && method !== 'DELETE')
  return runEndpoint(endpoints, call, { method, url, text: Buffer.from(text) })
}

/** The members that an id may have, by what was made. @source decisions.md §7 */
const idMembers = ['id', 'code', 'accessToken', 'clientId', 'email'] as const

function idOf(result: Result | undefined, operationId: number): string {
  const body = result?.body
  for (const member of idMembers) {
    const id: unknown = typeof body === 'object' && body !== null ? Reflect.get(body, member) : undefined
    if (typeof id === 'string' || typeof id === 'number') return String(id)
  }
  throw invalid(`the reply of operation ${operationId} has no id to refer to`)
}

function isSuccess(result: Result | undefined): boolean {
  const status = result?.statusCode ?? 0
  return status >= 200 && status < 300
}

/** A body may be JSON, or a text that holds JSON. */
function textOf(body: unknown): string {
  if (body === undefined || body === null) return ''
  return typeof body === 'string' ? body : JSON.stringify(body)
}

function headersOf({ headers: given = [] }: Operation): Record<string, string> {
  return Object.fromEntries(given.map(({ name, value }) => [name.toLowerCase(), value]))
}

function invalid(message: string): Refusal {
  return new Refusal('parameter_invalid', `In operations, ${message}.`)
}
