import { beforeAll, expect, it } from 'vitest'
import { call, fetchValues, update, visit } from '../acceptance/support/calls.ts'
import { cassandra, makeTables, ready, restoreCassandra, startNodes } from './support/nodes.ts'
import { waitFor } from '../acceptance/support/wait.ts'

beforeAll(() => makeTables(), 120_000)

it('with all nodes of the store but one stopped writes are refused, and service resumes by itself', async () => {
  restoreCassandra(2, 3)
  const [first, second] = await startNodes(2)
  const { url } = first!
  await visit(url, { thirdPartyId: 'away' }, { tier: 'gold' })

  await Promise.all([cassandra.stop(2), cassandra.stop(3)])
  const refused = await update(url, 'away', { tier: 'lost' })
  const notReady = await call(`${url}/readyz`)
  const alive = await call(`${url}/livez`)
  const upload = await call(`${second!.url}/m2/demo/v2/profile/batchUpdate`, {
    method: 'POST',
    body: 'batch=thirdPartyId,tier\naway,lost\n',
  })
  await Promise.all([cassandra.start(2), cassandra.start(3)])
  const backAt = performance.now()
  await waitFor(
    'an update to be taken again',
    async () => ((await update(url, 'away', { city: 'Oslo' })).status === 200 ? true : undefined),
    { limitMs: 30_000, everyMs: 200 },
  )
  await ready(second!.url, 30_000 - (performance.now() - backAt))

  expect([refused.status, refused.headers.get('retry-after')]).toEqual([503, '5'])
  expect(upload.status).toBe(503)
  expect([notReady.status, alive.status]).toEqual([503, 200])
  expect(notReady.text).toContain('store')
  expect(await fetchValues(second!.url, 'thirdPartyId/away')).toEqual({ tier: 'gold', city: 'Oslo' })
}, 240_000)
