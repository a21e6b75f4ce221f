import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { readBacklog } from '../../src/domain/batches/backlog.ts'
import type { Client } from '../../src/domain/clients/directory.ts'
import type { Store } from '../../src/store/store.ts'
import { applyAllBatches, testContext, upload, type TestContext } from '../support/context.ts'
import { stores } from '../support/stores.ts'

const rows = (count: number) => `batch=pcId,a\n${'x,1\n'.repeat(count)}`

describe.each(stores)('the backlog in the %s store', (_, open) => {
  let store: Store
  let context: TestContext
  let clients: readonly [Client, Client]
  beforeEach(async () => {
    store = await open()
    context = testContext(store)
    clients = [await context.clients.ensure('demo', 14), await context.clients.ensure('acme', 14)]
  })
  afterEach(() => store.close())

  it('lists batches that are not complete, those of a client in the order accepted, up to a limit', async () => {
    const [demo, acme] = clients
    const first = await upload(context, demo, rows(1))
    const second = await upload(context, demo, rows(1))
    const other = await upload(context, acme, rows(1))

    const listed = (await store.batches.listIncomplete(10)).map(({ batchId }) => batchId)

    expect(listed.toSorted()).toEqual([first, second, other].map(({ batchId }) => batchId).toSorted())
    expect(listed.indexOf(first.batchId)).toBeLessThan(listed.indexOf(second.batchId))
    expect(await store.batches.listIncomplete(2)).toHaveLength(2)
  })

  it('adds up batches, rows and the greatest age of all clients, and is empty once all are complete', async () => {
    const [demo, acme] = clients
    await upload(context, demo, rows(3))
    context.clock.advance(10_000)
    await upload(context, acme, rows(4))

    const before = await readBacklog(context)
    await applyAllBatches(context)
    const after = await readBacklog(context)

    expect(before).toMatchObject({ batches: 2, rows: 7, stuck: 0 })
    expect(Math.round(before.oldestMs / 1_000)).toBe(10)
    expect(after).toEqual({ batches: 0, rows: 0, stuck: 0, oldestMs: 0 })
  })

  it('counts as stuck the batches of a client that do not go on, and none of another', async () => {
    const [demo, acme] = clients
    await upload(context, demo, rows(1))
    await upload(context, demo, rows(1))
    context.clock.advance(context.settings.batchStuckMs)
    await upload(context, acme, rows(1))

    expect(await readBacklog(context)).toMatchObject({ batches: 3, stuck: 2 })
  })
})
