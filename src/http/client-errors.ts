import { ServerResponse } from 'node:http'
import type { Socket } from 'node:net'
import { writeRestError } from '../wire/rest-error.ts'
import { securityHeaderLines } from './security-headers.ts'

/** Why the parser gave a connection up, as the reply says it. */
const answers: Readonly<Record<string, { readonly status: string; readonly message: string }>> = {
  HPE_HEADER_OVERFLOW: {
    status: '431 Request Header Fields Too Large',
    message: 'The address and headers are too large; send large values in the body.',
  },
  ERR_HTTP_REQUEST_TIMEOUT: {
    status: '408 Request Timeout',
    message: 'The headers did not arrive in time; send the request again.',
  },
}

const malformed = {
  status: '400 Bad Request',
  message: 'The request is not valid HTTP/1.1; percent-encode what is not ASCII in the address.',
}

/** How long a connection given up may go on sending, so that its sender comes to read the reply. */
const lingerMs = 2_000

/** Bytes that it may send in that time. */
const lingerBytesMax = 1_048_576

/** The bytes that a connection had sent when it was answered. */
const answered = new WeakMap<Socket, number>()

/**
 * Answers what is no request: an overlong header, malformed HTTP, headers that never end.
 *
 * Nothing of the address is known then, so the reply is JSON. The connection is closed behind it.
 */
export function answerClientError(error: NodeJS.ErrnoException, socket: Socket): void {
  const before = answered.get(socket)
  // The parser reports each further chunk of a connection that it has given up.
  if (before !== undefined) {
    if (socket.bytesRead - before > lingerBytesMax) socket.destroy()
    return
  }
  answered.set(socket, socket.bytesRead)
  if (!socket.writable || error.code === 'ECONNRESET' || isBeingAnswered(socket)) return void socket.destroy()
  answer(socket, answers[error.code ?? ''] ?? malformed)
}

/** Tells whether a reply that ours would spoil is on its way. Node's own handler looks at the same member. */
function isBeingAnswered(socket: Socket): boolean {
  const response: unknown = Reflect.get(socket, '_httpMessage')
  return response instanceof ServerResponse && response.headersSent
}

function answer(socket: Socket, { status, message }: { status: string; message: string }) {
  const body = writeRestError(Number.parseInt(status, 10), message)
  socket.end(
    `HTTP/1.1 ${status}\r\nContent-Type: application/json;charset=UTF-8\r\n` +
      `Content-Length: ${Buffer.byteLength(body)}\r\n${securityHeaderLines}Connection: close\r\n\r\n${body}`,
  )
  const timer = setTimeout(() => socket.destroy(), lingerMs).unref()
  socket.once('close', () => clearTimeout(timer))
}
