import { beforeAll, expect, it } from 'vitest'
import { batchStatus, fetchValues, upload, visit } from '../acceptance/support/calls.ts'
import { waitFor } from '../acceptance/support/wait.ts'
import { cassandra, inParallel, makeTables, restoreCassandra, startNodes } from './support/nodes.ts'
import { Writers } from './support/writers.ts'

/** Rows of the batch; `npm run test:cluster -- --full` has as many as an upload may. */
const rows = Number(process.env['CLUSTER_BATCH_ROWS'])
const limitMs = rows * 12

beforeAll(() => makeTables(), 120_000)

it(
  `a batch of ${rows} rows outlives a node of each kind, counts each row once, and live updates go on`,
  async () => {
    restoreCassandra(3)
    const [first, second, third] = await startNodes(3)
    const urls = [first!.url, second!.url, third!.url]
    const visitors = ['live0', 'live1', 'live2', 'live3']
    for (const id of visitors) await visit(first!.url, { thirdPartyId: id })
    // Every 100th row fails; of each 1,000 the last names the visitor of the first again.
    const idOf = (row: number) => (row % 1000 === 999 ? row - 999 : row)
    const lines = Array.from({ length: rows }, (_, row) =>
      row % 100 === 50 ? `bad${row},%zz,x` : `v${idOf(row)},${row},batch`,
    )

    const batchId = await upload(first!.url, `batch=thirdPartyId,n,by\n${lines.join('\n')}`)
    const consumes = (count: number) =>
      waitFor(
        `${count} rows to be consumed`,
        async () => ((await batchStatus(first!.url, batchId)).consumedCount >= count ? true : undefined),
        { limitMs, everyMs: 200 },
      )
    const writers = new Writers(urls, visitors)
    await consumes(1)
    writers.leave(third!.url)
    await third!.stop('SIGKILL')
    await consumes(rows * 0.3)
    await cassandra.signal(3, 'SIGKILL')
    await consumes(rows * 0.5)
    await cassandra.start(3)
    const status = await waitFor(
      'the batch to be complete',
      async () => {
        const now = await batchStatus(second!.url, batchId)
        return now.status === 'complete' ? now : undefined
      },
      { limitMs, everyMs: 200 },
    )
    await writers.stop()

    const failedUpdates = rows / 100
    expect(status).toEqual({
      status: 'complete',
      batchSize: rows,
      consumedCount: rows,
      successfulUpdates: rows - failedUpdates,
      profilesNotFound: 0,
      failedUpdates,
    })
    const good = [...lines.keys()].filter((row) => row % 100 !== 50 && row % 1000 !== 999)
    await inParallel(good, 32, async (row) => {
      const last = row % 1000 === 0 ? row + 999 : row
      const url = row % 2 === 0 ? first!.url : second!.url
      expect(await fetchValues(url, `thirdPartyId/v${row}`), `row ${row}`).toEqual({
        n: String(last),
        by: 'batch',
      })
    })
    for (const [id, attributes] of writers.acknowledged) {
      expect(await fetchValues(second!.url, `thirdPartyId/${id}`)).toMatchObject(attributes)
    }
    expect(Math.max(...writers.ended.map(({ ms }) => ms))).toBeLessThan(5_500)
    expect(writers.acknowledged.size).toBe(visitors.length)
  },
  limitMs + 240_000,
)
