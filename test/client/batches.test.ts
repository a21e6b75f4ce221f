import { gzipSync } from 'node:zlib'
import { describe, expect, it } from 'vitest'
import type { BatchBody, BatchStatus } from '../../client/src/index.ts'
import { applyMeanwhile, failureOf, startClient } from './start-client.ts'

const text = 'batch=thirdPartyId,city\nann,Oslo\nbob,Bergen\n'
const bytes = new Uint8Array(Buffer.from(text))

const bodies: Record<string, () => BatchBody> = {
  'a text': () => text,
  bytes: () => bytes,
  'a Blob': () => new Blob([text]),
  'a stream': () => new Blob([text]).stream(),
}

describe('batches', () => {
  it.each(
    Object.entries(bodies).flatMap(([name, make]) => [
      { name, make, gzip: false },
      { name, make, gzip: true },
    ]),
  )('are uploaded from $name (gzip: $gzip) and applied', async ({ make, gzip }) => {
    const { silhouette, applyBatches, fetch } = await startClient()

    const batchId = await silhouette.batches.upload(make(), { gzip })
    await applyBatches()

    expect(await silhouette.batches.status(batchId)).toEqual({
      batchId,
      status: 'complete',
      batchSize: 2,
      consumedCount: 2,
      successfulUpdates: 2,
      profilesNotFound: 0,
      failedUpdates: 0,
      created: 2,
      updated: 0,
      unchanged: 0,
    })
    expect(await fetch('thirdPartyId/ann')).toEqual({ city: 'Oslo' })
  })

  it('of version 1 create no profiles', async () => {
    const { silhouette, applyBatches } = await startClient()

    const batchId = await silhouette.batches.upload(text, { v1: true })
    await applyBatches()

    expect(await silhouette.batches.status(batchId)).toMatchObject({ profilesNotFound: 2, created: 0 })
  })

  it('that are compressed already are sent as they are', async () => {
    const { silhouette, applyBatches, fetch } = await startClient()

    await silhouette.batches.upload(new Uint8Array(gzipSync(text)), { encoding: 'gzip' })
    await applyBatches()

    expect(await fetch('thirdPartyId/bob')).toEqual({ city: 'Bergen' })
  })

  it('that are none are refused with the line at fault', async () => {
    const { silhouette } = await startClient()

    const error = await failureOf(silhouette.batches.upload('no header\n'))

    expect(error).toMatchObject({ status: 400, code: 'batch_invalid', line: 1 })
  })

  it('are waited for, with progress told until they are complete', async () => {
    const app = await startClient()
    const seen: BatchStatus[] = []
    const batchId = await app.silhouette.batches.upload(text)

    const status = await app.silhouette.batches.wait(batchId, {
      pollMs: 5,
      onProgress: (progress) => {
        if (seen.push(progress) === 1) applyMeanwhile(app)
      },
    })

    expect(seen[0]).toMatchObject({ status: 'incomplete', consumedCount: 0 })
    expect(seen.at(-1)).toEqual(status)
    expect(status).toMatchObject({ status: 'complete', successfulUpdates: 2 })
  })

  it('are waited for until a signal or the time limit ends the waiting', async () => {
    const { silhouette } = await startClient()
    const batchId = await silhouette.batches.upload(text)
    const controller = new AbortController()

    const stopped = failureOf(
      silhouette.batches.wait(batchId, {
        signal: controller.signal,
        onProgress: () => controller.abort(new Error('enough')),
      }),
    )

    expect(await stopped).toEqual(new Error('enough'))
    expect(await failureOf(silhouette.batches.wait(batchId, { timeoutMs: 50 }))).toMatchObject({
      name: 'NotReachable',
    })
  })

  it('are waited for until onProgress throws, which is thrown on', async () => {
    const { silhouette } = await startClient()
    const batchId = await silhouette.batches.upload(text)
    const onProgress = () => {
      throw new RangeError('a fault of the caller')
    }

    const error = await failureOf(silhouette.batches.wait(batchId, { onProgress }))

    expect(error).toEqual(new RangeError('a fault of the caller'))
  })

  it('give back the rows that failed, ready to be uploaded again', async () => {
    const { silhouette, applyBatches } = await startClient()
    const batchId = await silhouette.batches.upload(`${text}%ZZ,Rome\n`)
    await applyBatches()

    const rows = await new Response(await silhouette.batches.failedRows(batchId)).text()

    expect(rows).toContain('batch=thirdPartyId,city\n')
    expect(rows).toContain('%ZZ,Rome')
    expect(rows).not.toContain('Oslo')
  })

  it('are listed by the Admin API, the latest first', async () => {
    const { silhouette } = await startClient()
    const first = await silhouette.batches.upload(text)
    const second = await silhouette.batches.upload(text, { v1: true })

    const { total, batches } = await silhouette.batches.list({ limit: 1 })

    expect({ total, ids: batches.map(({ batchId }) => batchId) }).toEqual({ total: 2, ids: [second] })
    expect(await silhouette.batches.get(first)).toMatchObject({ version: 2, bytes: text.length })
    expect(await failureOf(silhouette.batches.status('none'))).toMatchObject({ code: 'batch_not_found' })
  })
})
