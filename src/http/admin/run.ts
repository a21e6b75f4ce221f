import { Refusal } from '../../lib/errors.ts'
import {
  requireAction,
  type AdminCall,
  type AdminEndpoint,
  type AdminMethod,
  type AdminReply,
} from './endpoint.ts'

/** What a call of an endpoint by another one, within the same request, needs. */
export type AdminCaller = Omit<AdminCall, 'params' | 'query' | 'body'>

/**
 * Runs the endpoint that an operation means, by the rights of its caller.
 *
 * @param url behind `/{tenant}/target`, with its query
 * @throws    Refusal `route_unknown`, `action_not_allowed`, and whatever the endpoint refuses
 */
export async function runEndpoint(
  endpoints: readonly AdminEndpoint[],
  caller: AdminCaller,
  { method, url, text }: { method: AdminMethod; url: string; text: Buffer },
): Promise<AdminReply> {
  const mark = url.indexOf('?')
  const path = mark < 0 ? url : url.slice(0, mark)
  const query = mark < 0 ? '' : url.slice(mark + 1)
  for (const endpoint of endpoints) {
    const params = endpoint.method === method ? match(endpoint.path, path) : undefined
    if (params === undefined) continue
    requireAction(caller.principal, endpoint.action, caller.client)
    return endpoint.run({ ...caller, params, query: new URLSearchParams(query), body: undefined }, text)
  }
  throw new Refusal('route_unknown', `There is no ${method} ${path.slice(0, 200)} for operations of a batch.`)
}

/** The parameters of a path that fits a pattern such as `/clients/:code`. */
function match(pattern: string, path: string): Record<string, string> | undefined {
  const parts = path.split('/')
  const wanted = pattern.split('/')
  if (parts.length !== wanted.length) return undefined
  const params: Record<string, string> = {}
  for (const [index, part] of wanted.entries()) {
    const text = parts[index] ?? ''
    if (!part.startsWith(':')) {
      if (part !== text) return undefined
    } else params[part.slice(1)] = decode(text)
  }
  return params
}

function decode(text: string): string {
  try {
    return decodeURIComponent(text)
  } catch {
    // URIError: a malformed escape names nothing that exists.
    throw new Refusal('url_malformed', `relativeUrl holds a malformed escape in "${text.slice(0, 100)}".`)
  }
}
