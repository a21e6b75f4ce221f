import { expect } from 'vitest'
import { completed, fetchValues } from './calls.ts'
import { badEvery, expectedCounts, residents, type AcceptedBatch } from './traffic.ts'

/** Waits for a batch to be complete; its counts and values must be those of its rows. */
export async function checkBatch(url: string, batch: AcceptedBatch) {
  const { batchId, prefix, rows, version } = batch
  expect(await completed(url, batchId)).toEqual({ status: 'complete', ...expectedCounts(batch) })
  if (version === 1) {
    const last = Array.from({ length: rows }, (_, row) => row).findLast((row) => row % badEvery > 1) ?? 0
    const values = await fetchValues(url, `thirdPartyId/resident${last % residents}`)
    expect(values).toMatchObject({ [prefix]: `${prefix}.${last}` })
    return
  }
  await inParallel(sampleRows(rows), async (row) => {
    const values = await fetchValues(url, `thirdPartyId/${prefix}-${row}`)
    // Row 1 may have been visited after the upload.
    const tier: unknown = row === 1 ? expect.stringMatching(/^(batch|visit)$/) : 'batch'
    expect(values, `row ${row} of ${prefix}`).toEqual({ [prefix]: `${prefix}.${row}`, tier })
  })
}

/** All good rows of a small batch; of a large one some from everywhere, the last among them. */
export function sampleRows(rows: number): number[] {
  const step = Math.max(1, Math.floor(rows / 60))
  const all = Array.from({ length: rows }, (_, row) => row)
  return all.filter((row) => row % badEvery !== 0 && (row % step === 1 % step || row === rows - 1))
}

/** Runs a check of each item, some at the same time. */
export async function inParallel<T>(items: readonly T[], check: (item: T) => Promise<void>) {
  const rest = [...items]
  const next = async () => {
    for (let item = rest.pop(); item !== undefined; item = rest.pop()) await check(item)
  }
  await Promise.all(Array.from({ length: 16 }, next))
}
