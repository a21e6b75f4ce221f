import type { IncomingMessage, Server, ServerResponse } from 'node:http'

/** Requests whose sender waits for `100 Continue` before it sends the body. */
const held = new WeakSet<IncomingMessage>()

/**
 * Makes a server hold `100 Continue` back until the body is wanted.
 *
 * So a request that is refused by its address or size sends no body at all.
 */
export function holdContinue(server: Server): void {
  server.on('checkContinue', (request, response) => {
    held.add(request)
    server.emit('request', request, response)
  })
  // An expectation that nobody knows is none that could be disappointed.
  server.on('checkExpectation', (request, response) => server.emit('request', request, response))
}

/** Tells the sender to go on with the body, if it waits for that. */
export function sendContinue(request: IncomingMessage, response: ServerResponse): void {
  if (held.delete(request)) response.writeContinue()
}

/** Tells whether the sender still waits for `100 Continue`. */
export function isContinueHeld(request: IncomingMessage): boolean {
  return held.has(request)
}
