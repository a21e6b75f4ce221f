import { once } from 'node:events'
import { connect } from 'node:net'
import { onTestFinished } from 'vitest'

export interface RawConnection {
  /** Sends bytes; resolves when they are handed to the system, which waits while nobody reads them. */
  send(bytes: string | Buffer): Promise<void>
  /** Waits until what was received so far contains a text, and returns all of it. */
  receive(text: string): Promise<string>
  /** Waits until the server has closed the connection, and returns all that was received. */
  receiveAll(): Promise<string>
  /** Stops reading, as clients do that read the reply only after their request is sent. */
  pause(): void
  resume(): void
  /** Breaks the connection off. */
  abort(): void
}

/** Connects to a port of this machine, to speak HTTP byte by byte. */
export async function openConnection(port: number): Promise<RawConnection> {
  const socket = connect({ port, host: '127.0.0.1' })
  await once(socket, 'connect')
  let received = ''
  let isClosed = false
  socket.setEncoding('latin1').on('data', (text: string) => (received += text))
  // A reset shows in what was received.
  socket.on('error', () => {}).on('close', () => (isClosed = true))
  onTestFinished(() => void socket.destroy())
  const until = async (isThere: () => boolean) => {
    const deadlineMs = performance.now() + 10_000
    while (!isThere()) {
      if (performance.now() > deadlineMs) throw new Error(`not received in 10 s; so far: ${received}`)
      await new Promise((resolve) => setTimeout(resolve, 2))
    }
    return received
  }
  return {
    send: (bytes) => new Promise((resolve) => socket.write(bytes, () => resolve())),
    receive: (text) => until(() => received.includes(text)),
    receiveAll: () => until(() => isClosed),
    pause: () => void socket.pause(),
    resume: () => void socket.resume(),
    abort: () => void socket.resetAndDestroy(),
  }
}

/** The head of a request, ready to be followed by its body. */
export function head(line: string, headers: Readonly<Record<string, string | number>> = {}): string {
  const lines = Object.entries({ host: 'demo', ...headers }).map(([name, value]) => `${name}: ${value}\r\n`)
  return `${line} HTTP/1.1\r\n${lines.join('')}\r\n`
}
