import type { FastifyRequest } from 'fastify'

/** The path of a request's target, as it came. */
export function rawPath(url: string): string {
  // A client that takes us for its proxy sends the whole address.
  const target = url.startsWith('/') ? url : url.replace(/^https?:\/\/[^/?#]*/i, '')
  const end = target.search(/[?#]/)
  return end < 0 ? target : target.slice(0, end)
}

/** What follows the `?` of a request's target, undecoded: one character a byte, as Node hands it out. */
export function rawQuery(url: string): string {
  const start = url.indexOf('?')
  return start < 0 ? '' : url.slice(start + 1)
}

/** A decoded parameter of the path. */
export function pathParameter(request: FastifyRequest, name: string): string {
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- the router makes an object of texts
  return (request.params as Readonly<Record<string, string | undefined>>)[name] ?? ''
}

/**
 * A parameter of the query that names or selects something; the first one counts, blank is absent.
 *
 * Faulty escapes are taken as they stand: what they name does not exist, and that is said.
 */
export function queryParameter(request: FastifyRequest, name: string): string | undefined {
  return untrimmedParameter(request, name)?.trim() || undefined
}

/** The same as it came, blanks included. */
export function untrimmedParameter(request: FastifyRequest, name: string): string | undefined {
  const start = request.url.indexOf('?')
  if (start < 0) return undefined
  const query = request.url.slice(start + 1)
  // Most queries hold nothing to decode: then their texts are looked through as they stand.
  if (/[%+]/.test(query)) return new URLSearchParams(query).get(name) ?? undefined
  return plainParameter(query, name)
}

function plainParameter(query: string, name: string): string | undefined {
  for (const pair of query.split('&')) {
    if (pair.startsWith(name) && pair[name.length] === '=') return pair.slice(name.length + 1)
    if (pair === name) return ''
  }
  return undefined
}

/** `host:port` that the caller used; where no usable one was sent, the address that the call came in on. */
export function hostOf(request: FastifyRequest): string {
  if (/^[\w.-]+(:\d+)?$|^\[[\da-f:.]+\](:\d+)?$/i.test(request.host)) return request.host
  const { localAddress = '127.0.0.1', localPort = 80 } = request.socket
  return localAddress.includes(':') ? `[${localAddress}]:${localPort}` : `${localAddress}:${localPort}`
}

/** Scheme and host that the caller used; of X-Forwarded headers only what trusted proxies say. */
export function originOf(request: FastifyRequest): string {
  const scheme = request.protocol === 'https' ? 'https' : 'http'
  return `${scheme}://${hostOf(request)}`
}

/** The same, unless the settings say by which address browsers reach the server. */
export function publicOriginOf(request: FastifyRequest, { publicUrl }: { publicUrl: string }): string {
  return publicUrl === '' ? originOf(request) : publicUrl
}
