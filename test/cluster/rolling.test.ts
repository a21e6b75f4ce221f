import { beforeAll, expect, it } from 'vitest'
import { completed, fetchValues, upload, visit } from '../acceptance/support/calls.ts'
import { freePort, startHaproxy } from './support/haproxy.ts'
import { makeTables, ready, startNode } from './support/nodes.ts'
import { Writers } from './support/writers.ts'

beforeAll(() => makeTables(), 120_000)

/** Rows of a batch that is applied meanwhile. */
const rows = 3_000

/** As long as the sample of HAProxy takes to see that a node is not ready, and some more. */
const settings = { DRAIN_SECONDS: '4' }

/** The build of the last release, where there is one: `npm run test:cluster` makes it. */
const build = process.env['CLUSTER_PREVIOUS']

it('all nodes behind HAProxy restart one by one under load, to the next version: no request fails, nothing is lost', async () => {
  const ports = [await freePort(), await freePort(), await freePort()]
  const nodes = await Promise.all(ports.map((port) => startNode({ port, settings, build })))
  const proxy = await startHaproxy(ports)
  const visitors = Array.from({ length: 8 }, (_, i) => `rolling${i}`)
  for (const id of visitors) await visit(proxy.url, { thirdPartyId: id })
  const lines = Array.from({ length: rows }, (_, row) => `rolled${row},${row}`)

  const batchId = await upload(proxy.url, `batch=thirdPartyId,n\n${lines.join('\n')}`)
  const writers = new Writers([proxy.url], visitors)
  const ends = []
  for (const [index, port] of ports.entries()) {
    ends.push(await nodes[index]!.stop())
    const anew = await startNode({ port, settings })
    await ready(anew.url)
    await proxy.sends(index + 1)
  }
  const status = await completed(proxy.url, batchId)
  await writers.stop()

  expect(ends).toEqual([0, 1, 2].map(() => ({ code: 0, signal: null })))
  expect(writers.ended.filter((request) => request.status !== 200)).toEqual([])
  expect(writers.ended.length).toBeGreaterThan(300)
  for (const [id, attributes] of writers.acknowledged) {
    expect(await fetchValues(proxy.url, `thirdPartyId/${id}`)).toMatchObject(attributes)
  }
  expect(writers.acknowledged.size).toBe(visitors.length)
  expect(status).toMatchObject({ batchSize: rows, successfulUpdates: rows, failedUpdates: 0 })
  expect(await fetchValues(proxy.url, `thirdPartyId/rolled${rows - 1}`)).toEqual({ n: String(rows - 1) })
}, 240_000)
