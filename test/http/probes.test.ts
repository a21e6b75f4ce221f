import { promisify } from 'node:util'
import { describe, expect, it, vi } from 'vitest'
import { Refusal } from '../../src/lib/errors.ts'
import { openMemoryStore } from '../../src/store/memory/store.ts'
import type { DocumentStore } from '../../src/store/store.ts'
import { head, openConnection } from './raw-connection.ts'
import { startApp } from './start-app.ts'

/** A store in memory whose probe is answered as given; the rest of it works. */
function storeWhoseProbe(answer: DocumentStore['get']) {
  const store = openMemoryStore()
  const get: DocumentStore['get'] = (partition, collection, id) =>
    collection === 'probes'
      ? answer(partition, collection, id)
      : store.documents.get(partition, collection, id)
  return { ...store, documents: { ...store.documents, get } }
}

describe('/livez', () => {
  it('200 says that the process lives, also while the store does not answer', async () => {
    const { get } = await startApp({ store: storeWhoseProbe(() => new Promise(() => {})) })

    const reply = await get('/livez')

    expect([reply.statusCode, reply.body]).toEqual([200, '{"status":"ok"}'])
    expect(reply.headers['content-type']).toBe('application/json;charset=UTF-8')
  })
})

describe('/readyz', () => {
  it('200 says that the store answers', async () => {
    const { get } = await startApp()

    const reply = await get('/readyz')

    expect([reply.statusCode, reply.body]).toEqual([200, '{"status":"ready"}'])
  })

  it('503 says that the store fails, with Retry-After, and the log says why', async () => {
    const fail = async () => {
      throw new Error('the disk is gone')
    }
    const { get, logged } = await startApp({ store: storeWhoseProbe(fail) })

    const reply = await get('/readyz')

    expect(reply.statusCode).toBe(503)
    expect(reply.headers['retry-after']).toBe('5')
    expect(reply.body).toBe('{"status":503,"message":"The store does not answer; ask again later."}')
    expect(logged).toMatchObject([{ route: '/readyz', err: { message: 'the disk is gone' } }])
  })

  it('503 says why, where the database says it', async () => {
    const detail = { reason: '2 required but only 1 alive' }
    const { get } = await startApp({
      store: storeWhoseProbe(() => Promise.reject(new Refusal('store_unavailable', 'Try again.', detail))),
    })

    const { message } = (await get('/readyz')).json()

    expect(message).toBe('The store does not answer (2 required but only 1 alive); ask again later.')
  })

  it('503 says within two seconds that the store hangs', async () => {
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] })
    try {
      const { get } = await startApp({ store: storeWhoseProbe(() => new Promise(() => {})) })

      const replying = get('/readyz')
      await vi.waitFor(() => expect(vi.getTimerCount()).toBeGreaterThan(0))
      await vi.advanceTimersByTimeAsync(2_000)

      expect((await replying).statusCode).toBe(503)
    } finally {
      vi.useRealTimers()
    }
  })

  it('503 says that the server stops, while /livez still says that it lives', async () => {
    const { app, listen } = await startApp()
    const port = await listen()
    const heads = [head('GET /readyz'), head('GET /livez')]
    const connections = [await openConnection(port), await openConnection(port)]

    for (const [at, connection] of connections.entries()) await connection.send(heads[at]!.slice(0, 8))
    await vi.waitFor(async () => {
      expect(await promisify(app.server.getConnections.bind(app.server))()).toBe(2)
    })
    const closed = app.close()
    for (const [at, connection] of connections.entries()) await connection.send(heads[at]!.slice(8))
    const [ready, live] = await Promise.all(connections.map((connection) => connection.receiveAll()))
    await closed

    expect(ready).toMatch(/^HTTP\/1.1 503 [^]*\r\nretry-after: 5\r\n[^]*"message":"The server is stopping/)
    expect(live).toMatch(/^HTTP\/1.1 200 OK\r\n[^]*\{"status":"ok"\}/)
  })
})
