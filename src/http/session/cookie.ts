import type { FastifyReply, FastifyRequest } from 'fastify'
import { hostOf } from '../address.ts'
import type { HttpSettings } from '../services.ts'

/** A cookie of ours: read by no script, sent by no page of another site but when it leads here. */
export interface Cookie {
  readonly name: string
  /** Letters, digits, and signs that need no escape in a cookie. */
  readonly value: string
  /** Seconds that a browser keeps it; as long as it runs when absent. */
  readonly maxAge?: number
}

type Settings = Pick<HttpSettings, 'publicUrl'>

/** Reads a cookie by the name that it has on this kind of connection; the first of that name counts. */
export function readCookie(request: FastifyRequest, settings: Settings, name: string): string | undefined {
  const start = `${nameFor(request, settings, name)}=`
  const pairs = (request.headers.cookie ?? '').split(';').map((pair) => pair.trim())
  return pairs.find((pair) => pair.startsWith(start))?.slice(start.length)
}

/** Adds a cookie to a reply. */
export function setCookie(
  { request, reply }: { request: FastifyRequest; reply: FastifyReply },
  settings: Settings,
  { name, value, maxAge }: Cookie,
): void {
  const attributes = [
    `${nameFor(request, settings, name)}=${value}`,
    ...(maxAge === undefined ? [] : [`Max-Age=${maxAge}`]),
    'Path=/',
    'HttpOnly',
    ...(isSecure(request, settings) ? ['Secure'] : []),
    'SameSite=Lax',
  ]
  reply.header('set-cookie', attributes.join('; '))
}

/** Makes a browser forget a cookie. */
export function clearCookie(
  exchange: { request: FastifyRequest; reply: FastifyReply },
  settings: Settings,
  name: string,
): void {
  setCookie(exchange, settings, { name, value: '', maxAge: 0 })
}

/** With this prefix a browser takes the cookie from this very host alone, and never without TLS. */
function nameFor(request: FastifyRequest, settings: Settings, name: string): string {
  return isSecure(request, settings) ? `__Host-${name}` : name
}

/** Whether the browser speaks TLS: to us, to a trusted proxy, or to the address that the settings tell. */
function isSecure(request: FastifyRequest, { publicUrl }: Settings): boolean {
  if (request.protocol === 'https') return true
  return publicUrl === `https://${hostOf(request)}`
}
