import { setTimeout as wait } from 'node:timers/promises'
import { beforeAll, expect, it } from 'vitest'
import { call, fetchValues, update, visit } from '../acceptance/support/calls.ts'
import { cassandra, makeTables, ready, restoreCassandra, startNodes } from './support/nodes.ts'
import { waitFor } from '../acceptance/support/wait.ts'
import { Writers } from './support/writers.ts'

/** How long a node of Cassandra hangs, s. */
const hangSeconds = Number(process.env['CLUSTER_HANG_SECONDS'])

/** What a caller waits, ms. */
const patienceMs = 5_000

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

it('while a node of the store hangs writes go on, none takes longer than a caller waits, none is lost', async () => {
  restoreCassandra(3)
  const nodes = await startNodes(3)
  const urls = nodes.map(({ url }) => url)
  const visitors = ['hang0', 'hang1', 'hang2', 'hang3', 'hang4', 'hang5']
  for (const id of visitors) await visit(urls[0]!, { thirdPartyId: id })
  const writers = new Writers(urls, visitors)
  await waitFor('some writes', async () => (writers.ended.length > 50 ? true : undefined))

  const begunMs = Date.now()
  await cassandra.signal(3, 'SIGSTOP')
  // The time that the node hangs is what is tested.
  await wait(hangSeconds * 1_000)
  const linked = await visit(urls[1]!, { tntId: 'hang-tnt', ecid: 'hang-ecid' }, { seen: 'yes' })
  const uploaded = await call(`${urls[2]!}/m2/demo/v2/profile/batchUpdate`, {
    method: 'POST',
    body: 'batch=thirdPartyId,tier\nhang6,gold\n',
  })
  const endedMs = Date.now()
  await cassandra.signal(3, 'SIGCONT')
  await waitFor('writes after it', async () =>
    (writers.ended.at(-1)?.atMs ?? 0) > endedMs + 2_000 ? true : undefined,
  )
  await writers.stop()

  const meanwhile = writers.ended.filter(({ atMs }) => atMs >= begunMs && atMs <= endedMs)
  const slowestMs = Math.max(...writers.ended.map(({ ms }) => ms))
  process.stdout.write(
    `${meanwhile.length} updates while a node hung, the slowest took ${Math.round(slowestMs)} ms\n`,
  )
  expect(slowestMs).toBeLessThan(patienceMs)
  // Those under way when it begins may be refused, not those after.
  const settled = meanwhile.filter(({ atMs }) => atMs > begunMs + patienceMs)
  expect(new Set(settled.map(({ status }) => status))).toEqual(new Set([200]))
  expect(settled.length).toBeGreaterThan(20)
  expect([linked.status, uploaded.status]).toEqual([200, 200])
  for (const [id, attributes] of writers.acknowledged) {
    for (const url of urls) expect(await fetchValues(url, `thirdPartyId/${id}`)).toMatchObject(attributes)
  }
  expect(writers.acknowledged.size).toBe(visitors.length)
}, 240_000)
