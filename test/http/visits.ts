import type { InjectOptions, LightMyRequestResponse } from 'fastify'
import type { TestApp } from './start-app.ts'

export const visitAddress = '/rest/v1/delivery?client=demo&sessionId=s1'

/** Sends a visit as JSON, with a context unless the body has one. */
export function sendVisit(
  app: TestApp,
  body: object,
  url = visitAddress,
  headers: InjectOptions['headers'] = {},
): Promise<LightMyRequestResponse> {
  const payload = JSON.stringify({ context: { channel: 'web' }, ...body })
  return app.post(url, payload, { 'content-type': 'application/json', ...headers })
}
