import { createReadStream, createWriteStream, openAsBlob } from 'node:fs'
import { once } from 'node:events'
import path from 'node:path'
import { pipeline } from 'node:stream/promises'
import { createGzip } from 'node:zlib'
import { expect, it } from 'vitest'
import { batchStatus, completed, fetchValues, update, upload, visit } from './support/calls.ts'
import { peakKib, settledKib } from './support/memory.ts'
import { makeDirectory, startServer } from './support/server.ts'

const rowsMax = 500_000
const uploadBytesMax = 52_428_800
const allowedKib = 64 * 1_024

it('200 concurrent updates of one profile over as many connections lose no attribute', async () => {
  const { url } = await startServer({ directory: makeDirectory() })
  await visit(url, { thirdPartyId: 'ann' })
  const names = Array.from({ length: 200 }, (_, i) => `a${i}`)
  const startedAt = performance.now()

  const replies = await Promise.all(names.map((name) => update(url, 'ann', { [name]: `value of ${name}` })))

  // Names never seen before once cost a copy of 16 MiB each, and all other calls waited meanwhile.
  expect(performance.now() - startedAt).toBeLessThan(5_000)
  expect(new Set(replies.map(({ headers }) => headers.get('profile-outcome')))).toEqual(new Set(['updated']))
  const expected = Object.fromEntries(names.map((name) => [name, `value of ${name}`]))
  expect(await fetchValues(url, 'thirdPartyId/ann')).toEqual(expected)
})

it.each([undefined, 'gzip'] as const)(
  'live calls are answered while 500,000 rows sent with encoding %s go from incomplete to complete',
  async (encoding) => {
    const directory = makeDirectory()
    const { url } = await startServer({ directory })
    await visit(url, { thirdPartyId: 'ann' })
    const body = await openAsBlob(await writeUpload(directory, { columns: 5, encoding }))

    const batchId = await upload(url, body, encoding && { encoding })
    const live = await liveCallsUntilComplete(url, batchId)
    const status = await completed(url, batchId)

    expect(live.statuses).toEqual(new Set(['incomplete', 'complete']))
    expect(live.calls).toBeGreaterThan(20)
    expect(live.slowestMs).toBeLessThan(2_000)
    expect(status).toEqual({
      status: 'complete',
      batchSize: rowsMax,
      consumedCount: rowsMax,
      successfulUpdates: rowsMax,
      profilesNotFound: 0,
      failedUpdates: 0,
    })
    for (const row of [0, 1, 123_456, rowsMax - 1])
      expect(await fetchValues(url, `thirdPartyId/${idOf(row)}`)).toEqual(valuesOf(row, 5))
  },
  120_000,
)

it.each([undefined, 'gzip'] as const)(
  'memory stays within 64 MiB of idle while nearly 50 MB with encoding %s are taken and applied',
  async (encoding) => {
    const directory = makeDirectory()
    const server = await startServer({ directory })
    const file = await writeUpload(directory, { columns: 5, encoding, bytes: uploadBytesMax - 1 })
    await warmUp(server.url)
    const idleKib = await settledKib(server.pid)
    const body = await openAsBlob(file)

    const highestKib = await peakKib(server.pid, async () => {
      const batchId = await upload(server.url, body, encoding && { encoding })
      const { successfulUpdates } = await completed(server.url, batchId, 90_000)
      expect(successfulUpdates).toBe(rowsMax)
    })

    const aboveMib = (highestKib - idleKib) / 1_024
    console.info(`RssAnon ${encoding ?? 'plain'}: idle ${idleKib} KiB, ${aboveMib.toFixed(1)} MiB above it`)
    expect(highestKib - idleKib).toBeLessThanOrEqual(allowedKib)
  },
  120_000,
)

interface Live {
  calls: number
  slowestMs: number
  readonly statuses: Set<string>
}

/** Updates and fetches one profile over and over until a batch is complete; all must succeed. */
async function liveCallsUntilComplete(url: string, batchId: string): Promise<Live> {
  const live: Live = { calls: 0, slowestMs: 0, statuses: new Set() }
  const timed = async <T>(work: Promise<T>): Promise<T> => {
    const startedAt = performance.now()
    const result = await work
    live.calls++
    live.slowestMs = Math.max(live.slowestMs, performance.now() - startedAt)
    return result
  }
  while (!live.statuses.has('complete')) {
    const value = String(live.calls)
    const { status } = await timed(update(url, 'ann', { value }))
    expect(status).toBe(200)
    expect(await timed(fetchValues(url, 'thirdPartyId/ann'))).toEqual({ value })
    live.statuses.add((await batchStatus(url, batchId)).status)
  }
  return live
}

/** Loads the code of every path once, so that what it needs for good counts as idle. */
async function warmUp(url: string) {
  const rows = Array.from({ length: 20_000 }, (_, row) => `warm${row},${row}`)
  await completed(url, await upload(url, `batch=thirdPartyId,a\n${rows.join('\n')}`))
  for (let i = 0; i < 200; i++) {
    await visit(url, { thirdPartyId: 'warm' }, { i: String(i) })
    await fetchValues(url, 'thirdPartyId/warm')
  }
}

interface UploadFile {
  readonly columns: number
  readonly encoding: 'gzip' | undefined
  /** Size of the file before it is compressed; the last values are lengthened to reach it. */
  readonly bytes?: number
}

/** Writes an upload of 500,000 rows to a file; returns its path. */
async function writeUpload(directory: string, { columns, encoding, bytes }: UploadFile): Promise<string> {
  const file = path.join(directory, 'upload.txt')
  const out = createWriteStream(file)
  const header = `batch=thirdPartyId,${columnsOf(columns).join(',')}\n`
  const shortest = lineOf(0, columns, 0).length
  const spare = bytes === undefined ? 0 : bytes - header.length - shortest * rowsMax
  out.write(header)
  for (let row = 0; row < rowsMax; row += 1_000) {
    let piece = ''
    for (let i = row; i < row + 1_000; i++) {
      const pad = Math.floor(spare / rowsMax) + (i < spare % rowsMax ? 1 : 0)
      piece += lineOf(i, columns, pad)
    }
    if (!out.write(piece)) await once(out, 'drain')
  }
  out.end()
  await once(out, 'close')
  if (encoding === undefined) return file
  await pipeline(createReadStream(file), createGzip({ level: 1 }), createWriteStream(`${file}.gz`))
  return `${file}.gz`
}

function idOf(row: number): string {
  return `visitor-${String(row).padStart(6, '0')}`
}

function columnsOf(columns: number): string[] {
  return Array.from({ length: columns }, (_, column) => `c${column}`)
}

function valueOf(row: number, column: number): string {
  return `${column}-${String(row % 1_000).padStart(3, '0')}-x`
}

function lineOf(row: number, columns: number, pad: number): string {
  const values = columnsOf(columns).map((_, column) => valueOf(row, column))
  return `${idOf(row)},${values.join(',')}${'.'.repeat(pad)}\n`
}

function valuesOf(row: number, columns: number): Record<string, string> {
  return Object.fromEntries(columnsOf(columns).map((name, column) => [name, valueOf(row, column)]))
}
