import { describe, expect, it, vi } from 'vitest'
import { openMemoryStore } from '../../src/store/memory/store.ts'
import { head, openConnection } from './raw-connection.ts'
import { startApp } from './start-app.ts'

const upload = 'batch=thirdPartyId,plan\nada,gold\n'
const updatePost = 'POST /m2/demo/profile/update'
const batchPost = 'POST /m2/demo/v2/profile/batchUpdate'

describe('a body', () => {
  const idle = { bodyIdleSeconds: 0.2 }

  it.each([
    ['an update', updatePost],
    ['an upload', batchPost],
    ['a visit', 'POST /rest/v1/delivery?client=demo&sessionId=s'],
  ])('of %s that stops arriving is cut off with 408', async (_, line) => {
    const { listen, context, logged } = await startApp(idle)
    const connection = await openConnection(await listen())

    await connection.send(head(line, { 'content-length': 100 }) + upload)
    const reply = await connection.receive('send the request again.')

    expect(reply).toMatch(/^HTTP\/1.1 408 Request Timeout\r\n/)
    expect(reply).toContain('No byte of the body arrived for 0.2 s; send the request again.')
    expect(await context.store.spool.list(Infinity)).toEqual([])
    expect(await context.store.batches.head('demo')).toBeUndefined()
    expect(logged).toEqual([])
  })

  it('that arrives slower than the least rate over the window is cut off with 408', async () => {
    const { listen, context } = await startApp({ bodyRateMin: 1_000, bodyRateWindowSeconds: 0.5 })
    const connection = await openConnection(await listen())

    await connection.send(head(batchPost, { 'content-length': 1_000 }) + upload)
    const timer = setInterval(() => void connection.send('a,b\n'), 50)
    const reply = await connection.receive('send the request again.')
    clearInterval(timer)

    expect(reply).toMatch(/^HTTP\/1.1 408 /)
    expect(reply).toContain(
      'The body arrived slower than 1000 bytes a second over 0.5 s; send the request again.',
    )
    expect(await context.store.spool.list(Infinity)).toEqual([])
  })

  it('that arrives slowly, but not too slowly, is taken', async () => {
    const { listen } = await startApp({ bodyIdleSeconds: 0.4, bodyRateMin: 10, bodyRateWindowSeconds: 0.4 })
    const connection = await openConnection(await listen())

    await connection.send(head(batchPost, { 'content-length': upload.length }))
    for (const byte of upload) {
      await connection.send(byte)
      await new Promise((resolve) => setTimeout(resolve, 40))
    }

    expect(await connection.receive('</response>')).toMatch(/^HTTP\/1.1 200 OK/)
  })

  it('is not blamed on its sender while the store is the slow one', async () => {
    const store = openMemoryStore()
    const spool: typeof store.spool = {
      ...store.spool,
      create: async (name) => {
        const writer = await store.spool.create(name)
        const write = async (bytes: Uint8Array) => {
          await new Promise((resolve) => setTimeout(resolve, 700))
          return writer.write(bytes)
        }
        return { ...writer, write }
      },
    }
    const { listen } = await startApp({ ...idle, store: { ...store, spool } })
    const connection = await openConnection(await listen())
    const body = upload + 'ada,gold\n'.repeat(20_000)

    void connection.send(head(batchPost, { 'content-length': body.length }) + body)

    expect(await connection.receive('</response>')).toMatch(/^HTTP\/1.1 200 OK/)
  })

  it('of an upload whose client goes away leaves nothing behind, in the store or the log', async () => {
    const { app, listen, context, logged } = await startApp()
    const connection = await openConnection(await listen())
    const { spool } = context.store
    const created = vi.spyOn(spool, 'create')

    await connection.send(head(batchPost, { 'content-length': 1_000 }) + upload)
    await vi.waitFor(() => expect(created).toHaveBeenCalledOnce())
    const writer = await created.mock.results[0]?.value
    const discarded = vi.spyOn(writer, 'discard')
    connection.abort()
    await vi.waitFor(() => expect(discarded).toHaveBeenCalledOnce())
    await app.close()

    expect(await spool.list(Infinity)).toEqual([])
    expect(await context.store.batches.head('demo')).toBeUndefined()
    expect(logged).toEqual([])
  })

  it('of an update whose client goes away writes nothing, and nothing to the log', async () => {
    const { app, listen, context, logged } = await startApp()
    const connection = await openConnection(await listen())
    const applied = vi.spyOn(context.store.profiles, 'apply')
    const known = vi.spyOn(context.clients, 'peek')

    await connection.send(head(updatePost, { 'content-length': 1_000 }) + 'mboxPC=1&profile.a=1')
    await vi.waitFor(() => expect(known).toHaveBeenCalled())
    connection.abort()
    await app.close()

    expect(applied).not.toHaveBeenCalled()
    expect(logged).toEqual([])
  })
})
