import { Value } from '@sinclair/typebox/value'
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import { expect, onTestFinished } from 'vitest'
import { refusalsOf, repliesOf } from '../../src/http/reference/replies.ts'

/**
 * Holds every reply of an application to the description of its route: status, media type, shape, and
 * the code of a refusal. What differs fails the test that called.
 */
export function holdToDescriptions(app: FastifyInstance): void {
  const differences: string[] = []
  app.addHook('onSend', async (request, reply, payload) => {
    const difference = differenceOf(request, reply, payload)
    if (difference) differences.push(`${request.method} ${request.url}: ${difference}`)
  })
  onTestFinished(() => expect(differences, 'replies are as described').toEqual([]))
}

function differenceOf(
  { routeOptions }: FastifyRequest,
  reply: FastifyReply,
  payload: unknown,
): string | undefined {
  const { config, url = '' } = routeOptions
  // An unknown address, or a method that is refused.
  if (config.description === undefined || config.description === 'none') return undefined
  const { statusCode } = reply
  const described = repliesOf(url, config.description).get(statusCode)
  if (described === undefined) return `the status ${statusCode} is not described`
  const code = String(reply.getHeader('error-code') ?? '')
  const codes: ReadonlySet<string> = refusalsOf(url, config.description)
  if (code !== '' && !codes.has(code)) return `the refusal ${code} is not described`
  if (described.contents === undefined) return payload === undefined ? undefined : 'has a body'
  const type = String(reply.getHeader('content-type')).split(';')[0] ?? ''
  const schema = described.contents[type]?.schema
  if (schema === undefined) return `the media type ${type} is not described`
  if (!type.endsWith('json') || typeof payload !== 'string') return undefined
  const fault = Value.Errors(schema, JSON.parse(payload)).First()
  return fault && `${fault.path} ${fault.message}: ${payload}`
}
