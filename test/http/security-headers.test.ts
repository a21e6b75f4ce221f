import { expect, it } from 'vitest'
import { head, openConnection } from './raw-connection.ts'
import { startApp } from './start-app.ts'

const expected = {
  'cache-control': 'no-store',
  'content-security-policy': "default-src 'none'; frame-ancestors 'none'",
  'referrer-policy': 'no-referrer',
  'x-content-type-options': 'nosniff',
}

it.each([
  ['GET', '/livez', 200],
  ['HEAD', '/livez', 200],
  ['GET', '/rest/v1/profiles/1', 404],
  ['GET', '/m2/demo/profile/update', 400],
  ['OPTIONS', '/rest/v1/delivery', 204],
  ['DELETE', '/rest/v1/delivery', 405],
  ['GET', '/nowhere', 404],
  ['GET', '/%zz', 400],
] as const)(
  '%s %s, answered %d, tells browsers to neither keep, guess, frame nor run it',
  async (...given) => {
    const [method, url, status] = given
    const { app } = await startApp()

    const reply = await app.inject({ method, url })

    expect(reply.statusCode).toBe(status)
    expect(reply.headers).toMatchObject(expected)
  },
)

it.each([
  ['a request refused before its body came', head('PUT /livez', { 'content-length': 10 })],
  ['what is no request', 'nonsense\r\n\r\n'],
])('%s is answered with the same headers', async (_, bytes) => {
  const { listen } = await startApp()
  const connection = await openConnection(await listen())

  await connection.send(bytes)
  const reply = await connection.receive('}')

  for (const [name, value] of Object.entries(expected)) expect(reply).toContain(`\r\n${name}: ${value}\r\n`)
})
