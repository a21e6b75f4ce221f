import type { FastifyReply } from 'fastify'
import type { IncomingMessage } from 'node:http'
import { isContinueHeld } from './expect-continue.ts'

/** Bytes of a refused body that are read and dropped, and for how long. */
const drainedBytesMax = 1_048_576
const drainMs = 2_000

/** Tells whether a request has a body by its headers. */
export function hasBody({ headers }: IncomingMessage): boolean {
  return headers['transfer-encoding'] !== undefined || Number(headers['content-length'] ?? 0) > 0
}

/** Tells whether more of a request's body is to come. */
export function isBodyPending(request: IncomingMessage): boolean {
  return hasBody(request) && !request.complete && !request.readableEnded
}

/**
 * Sends a whole reply to a request whose body is still on its way, then closes the connection.
 *
 * A bounded amount of the body is read and dropped in between: a client such as Python's
 * `http.client`, which reads the reply only after it has written its body, sees the reply then, and
 * not a broken pipe.
 */
export function sendThenDrain(reply: FastifyReply, body: string): void {
  reply.header('connection', 'close').header('content-length', Buffer.byteLength(body))
  reply.hijack()
  const { raw } = reply
  for (const [name, value] of Object.entries(reply.getHeaders()))
    if (value !== undefined) raw.setHeader(name, value)
  raw.write(body)
  drain(reply.request.raw, () => raw.end())
}

function drain(request: IncomingMessage, end: () => void) {
  // A client that waits for `100 Continue` sends nothing after a final reply.
  if (isContinueHeld(request)) return end()
  let bytes = 0
  const finish = () => {
    clearTimeout(timer)
    request.off('data', count).off('end', finish).off('close', finish)
    end()
  }
  const count = (chunk: Buffer) => {
    bytes += chunk.length
    if (bytes > drainedBytesMax) finish()
  }
  const timer = setTimeout(finish, drainMs)
  request.on('data', count).on('end', finish).on('close', finish).resume()
}
