import { writeFileSync } from 'node:fs'
import { Agent, get } from 'node:https'
import { connect } from 'node:net'
import path from 'node:path'
import { TLSSocket } from 'node:tls'
import { expect, it } from 'vitest'
import { selfSigned, type SelfSigned } from '../support/certificate.ts'
import { launch, makeDirectory, startServer } from './support/server.ts'
import { waitFor } from './support/wait.ts'

const dayMs = 86_400_000

/** Certificate files in a directory of their own, and the settings that name them. */
function tlsFiles() {
  const directory = makeDirectory()
  const [cert, key] = [path.join(directory, 'cert.pem'), path.join(directory, 'key.pem')]
  const write = (pair: SelfSigned) => {
    writeFileSync(cert, pair.cert)
    writeFileSync(key, pair.key)
  }
  return { cert, key, write, settings: { TLS_CERT: cert, TLS_KEY: key } }
}

/** A certificate of this name, valid for ten days more. */
function certificate(name: string): SelfSigned {
  return selfSigned({ name, expiresAtMs: Date.now() + 10 * dayMs })
}

interface Seen {
  readonly status: number | undefined
  readonly body: string
  /** Name on the certificate that the server showed. */
  readonly name: string
}

function ask(url: string, trusted: SelfSigned, agent: Agent | false = false): Promise<Seen> {
  return new Promise((resolve, reject) => {
    const request = get(url, { ca: trusted.cert, agent }, (response) => {
      const { socket } = response
      const name = socket instanceof TLSSocket ? String(socket.getPeerCertificate().subject.CN) : ''
      let body = ''
      response.setEncoding('utf8').on('data', (piece: string) => (body += piece))
      response.on('end', () => resolve({ status: response.statusCode, body, name }))
    })
    request.on('error', reject)
  })
}

it('with a certificate the server speaks HTTPS and says so, and its figures tell until when', async () => {
  const files = tlsFiles()
  const pair = certificate('one')
  files.write(pair)

  const { url } = await startServer({
    settings: { ...files.settings, STORE_URL: 'memory:' },
    flags: ['--port', '0'],
  })

  expect(url).toMatch(/^https:\/\/127\.0\.0\.1:\d+$/)
  expect(await ask(`${url}/livez`, pair)).toEqual({ status: 200, body: '{"status":"ok"}', name: 'one' })
  const { body } = await ask(`${url}/metrics`, pair)
  const seconds = Number(/^silhouette_tls_certificate_expires_seconds (\S+)$/m.exec(body)?.[1])
  expect(seconds / 86_400).toBeCloseTo(10, 1)
})

it('SIGHUP shows a replaced certificate to new connections, and open ones go on', async () => {
  const files = tlsFiles()
  const [first, second] = [certificate('one'), certificate('two')]
  files.write(first)
  const server = await startServer({ settings: files.settings, directory: makeDirectory() })
  const agent = new Agent({ keepAlive: true, maxSockets: 1 })
  await ask(`${server.url}/livez`, first, agent)

  files.write(second)
  server.send('SIGHUP')
  await waitFor('the certificate', () => /the certificate was read again/.exec(server.stderr()) ?? undefined)

  expect(await ask(`${server.url}/livez`, second)).toMatchObject({ status: 200, name: 'two' })
  expect(await ask(`${server.url}/livez`, first, agent)).toMatchObject({ status: 200, name: 'one' })
  agent.destroy()
})

it('SIGHUP with files that cannot be used keeps the certificate and logs why', async () => {
  const files = tlsFiles()
  const pair = certificate('one')
  files.write(pair)
  const server = await startServer({ settings: files.settings, directory: makeDirectory() })

  writeFileSync(files.key, certificate('two').key)
  server.send('SIGHUP')
  const logged = await waitFor('the log', () => /^.*stays in use.*$/m.exec(server.stderr())?.[0])

  expect(JSON.parse(logged)).toMatchObject({ level: 50, reason: expect.stringMatching(/TLS_KEY .*mismatch/) })
  expect(await ask(`${server.url}/livez`, pair)).toMatchObject({ status: 200, name: 'one' })
})

it.each([
  [
    'a key of another certificate',
    (files: ReturnType<typeof tlsFiles>) => writeFileSync(files.key, certificate('b').key),
  ],
  ['no certificate at all', (files: ReturnType<typeof tlsFiles>) => writeFileSync(files.cert, 'nonsense')],
])('a start with %s exits 1 and names the files', async (_, spoil) => {
  const files = tlsFiles()
  files.write(certificate('one'))
  spoil(files)

  const server = launch({ settings: files.settings, directory: makeDirectory() })

  expect(await server.ended).toEqual({ code: 1, signal: null })
  expect(server.stderr()).toMatch(
    /^silhouette: SILHOUETTE_TLS_CERT \S+ with SILHOUETTE_TLS_KEY \S+ cannot be used: /,
  )
})

it('a caller without TLS is cut off, and the server goes on', async () => {
  const files = tlsFiles()
  const pair = certificate('one')
  files.write(pair)
  const { url, port } = await startServer({ settings: files.settings, directory: makeDirectory() })

  const socket = connect(port, '127.0.0.1')
  let received = ''
  socket.on('data', (bytes) => (received += String(bytes))).on('error', () => {})
  socket.write('GET /livez HTTP/1.1\r\nhost: demo\r\n\r\n')
  await waitFor('the end of the connection', () => socket.closed || undefined)

  expect(received).not.toContain('200')
  expect(await ask(`${url}/livez`, pair)).toMatchObject({ status: 200 })
})
