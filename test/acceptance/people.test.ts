import { writeFileSync } from 'node:fs'
import { request as requestOverTls } from 'node:https'
import path from 'node:path'
import { expect, it } from 'vitest'
import { selfSigned } from '../support/certificate.ts'
import { makeDirectory, startServer, type Server } from './support/server.ts'

interface Reply {
  readonly status: number
  readonly cookie: string
  readonly body: string
}

/** Calls a server as a page of it does. */
async function callAsPage(
  { url }: Server,
  method: string,
  { address, cookie = '', body }: { address: string; cookie?: string; body?: object },
): Promise<Reply> {
  const response = await fetch(url + address, {
    method,
    headers: { origin: url, cookie, 'content-type': 'application/json' },
    ...(body && { body: JSON.stringify(body) }),
  })
  const [line = ''] = response.headers.getSetCookie()
  return { status: response.status, cookie: line.split(';')[0] ?? '', body: await response.text() }
}

it('the password that the first start prints signs in, and the session outlives a restart until signed out', async () => {
  const directory = makeDirectory()
  const first = await startServer({ directory })
  const password = /password {2,}(\S+)/.exec(first.stdout())?.[1] ?? ''
  const body = { email: 'admin@localhost', password }

  const signedIn = await callAsPage(first, 'POST', { address: '/api/session', body })
  await first.stop()
  const second = await startServer({ directory })
  const own = { address: '/api/session', cookie: signedIn.cookie }
  const settings = { address: '/demo/target/clients/settings', cookie: signedIn.cookie }
  const after = await callAsPage(second, 'GET', own)
  const change = await callAsPage(second, 'PATCH', { ...settings, body: { locale: 'nl' } })
  const out = await callAsPage(second, 'DELETE', own)
  const gone = await callAsPage(second, 'GET', own)

  expect([signedIn, after, change, out, gone].map(({ status }) => status)).toEqual([201, 200, 200, 204, 401])
  expect(JSON.parse(after.body)).toMatchObject({ user: { email: 'admin@localhost' }, isSystemAdmin: true })
})

it('over TLS the cookie of a session is Secure, and bound to this host by its name', async () => {
  const directory = makeDirectory()
  const pair = selfSigned({ name: 'one', expiresAtMs: Date.now() + 86_400_000 })
  const [cert, key] = [path.join(directory, 'cert.pem'), path.join(directory, 'key.pem')]
  writeFileSync(cert, pair.cert)
  writeFileSync(key, pair.key)
  const password = 'seven quiet herons'
  const { url } = await startServer({
    settings: { TLS_CERT: cert, TLS_KEY: key, ADMIN_PASSWORD: password, STORE_URL: 'memory:' },
    flags: ['--port', '0'],
  })

  const cookies = await new Promise((resolve, reject) => {
    const options = { method: 'POST', ca: pair.cert, headers: { 'content-type': 'application/json' } }
    const sending = requestOverTls(`${url}/api/session`, options, (response) => {
      response.resume().on('end', () => resolve(response.headers['set-cookie']))
    })
    sending.on('error', reject).end(JSON.stringify({ email: 'admin@localhost', password }))
  })

  expect(cookies).toEqual([
    expect.stringMatching(/^__Host-silhouette-session=[\w-]{59}; Path=\/; HttpOnly; Secure; SameSite=Lax$/),
  ])
})
