import { expect, it } from 'vitest'
import { runWorker } from '../../src/domain/batches/worker.ts'
import { Refusal } from '../../src/lib/errors.ts'
import { withMethods } from '../../src/lib/with-methods.ts'
import { openMemoryStore } from '../../src/store/memory/store.ts'
import { testContext } from '../support/context.ts'

it('a worker waits while the store cannot be reached, tells of it once each time, and goes on', async () => {
  const store = openMemoryStore()
  const stop = new AbortController()
  const away = [true, true, false, true, false]
  const told: string[] = []
  let looks = 0
  const claim = async () => {
    if (away[looks++] === true) throw new Refusal('store_unavailable', 'The store is away.')
    return undefined
  }
  const { batches } = store
  if (batches.parts !== undefined) throw new Error('the store in memory has whole batches')
  const context = { ...testContext(store), store: { ...store, batches: withMethods(batches, { claim }) } }

  await runWorker(context, {
    holder: 'test',
    signal: stop.signal,
    onProblem: () => {},
    onAway: ({ code }) => void told.push(`${code} at look ${looks}`),
    waitForWork: async () => {
      if (looks === away.length) stop.abort()
    },
  })

  expect(told).toEqual(['store_unavailable at look 1', 'store_unavailable at look 4'])
})
