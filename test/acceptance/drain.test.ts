import { expect, it } from 'vitest'
import { call, fetchValues, visit } from './support/calls.ts'
import { makeDirectory, startServer } from './support/server.ts'
import { waitFor } from './support/wait.ts'

it('a server told to stop says so on /readyz first, and answers as before until its balancer has seen it', async () => {
  const settings = { DRAIN_SECONDS: '2', LOG_LEVEL: 'warn' }
  const server = await startServer({ directory: makeDirectory(), settings })

  server.send('SIGTERM')
  const toldAt = performance.now()
  const notReady = await waitFor('/readyz to say that it stops', async () => {
    const reply = await call(`${server.url}/readyz`)
    return reply.status === 503 ? reply : undefined
  })
  const visited = await visit(server.url, { thirdPartyId: 'ada' }, { tier: 'gold' })
  const alive = await call(`${server.url}/livez`)
  const values = await fetchValues(server.url, 'thirdPartyId/ada')
  const ended = await server.ended

  expect(notReady.text).toContain('The server is stopping')
  expect(notReady.headers.get('retry-after')).toBe('5')
  expect([visited.status, alive.status]).toEqual([200, 200])
  // A connection that were kept open would carry the next request to a server that is gone.
  expect(visited.headers.get('connection')).toBe('close')
  expect(values).toEqual({ tier: 'gold' })
  expect(performance.now() - toldAt).toBeGreaterThan(2_000)
  expect(ended).toEqual({ code: 0, signal: null })
  expect(server.stderr()).toBe('')
})

it('a second signal ends a server at once, while its balancer has not seen that it stops', async () => {
  const server = await startServer({ directory: makeDirectory(), settings: { DRAIN_SECONDS: '60' } })
  const readiness = async () => (await call(`${server.url}/readyz`)).status
  let hasEnded = false
  void server.ended.then(() => (hasEnded = true))

  server.send('SIGTERM')
  // What npm passes on of a terminal's Ctrl-C comes at once, and is no second one.
  server.send('SIGTERM')
  await waitFor('/readyz to say that it stops', async () => ((await readiness()) === 503 ? true : undefined))
  // Until the half second is over, more of them are the same stop.
  await waitFor('a signal to end it', async () => {
    if (!hasEnded) server.send('SIGTERM')
    return hasEnded ? true : undefined
  })

  expect(await server.ended).toEqual({ code: 1, signal: null })
})
