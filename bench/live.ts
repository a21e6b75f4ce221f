import { rmSync } from 'node:fs'
import path from 'node:path'
import type { Bench } from './bench.ts'
import { idOf, writeBatch } from './harness/facts.ts'
import { median, ratios, withSpread } from './harness/figures.ts'
import { load, type Load } from './harness/load.ts'
import { places, startSilhouette, timeBatch, untilComplete, upload } from './harness/service.ts'

const connections = 32
/** Batches that are applied one after the other while calls are measured. */
const batchesBeside = 3
const ids = Array.from({ length: 1_000 }, (_unused, i) => idOf(i))

/** What callers notice of a batch: fetches and updates at rest, and while one is applied. */
export async function benchLive({ report, folder, rows, rounds, seconds }: Bench): Promise<void> {
  const file = path.join(folder, 'live.txt')
  const directory = path.join(folder, 'live')
  await writeBatch(file, { rows, order: 'random' })
  const { url, stop } = await startSilhouette(directory)
  await timeBatch(url, { file, rows })
  const calls = {
    fetch: ids.map(places.silhouette.fetch),
    update: ids.map((id) => places.silhouette.update(id, 'profile.tier=bronze')),
  }
  const rest: Record<string, Load[]> = { fetch: [], update: [] }
  const beside: Record<string, Load[]> = { fetch: [], update: [] }
  for (let round = 0; round < rounds; round++) {
    for (const [name, paths] of Object.entries(calls)) {
      rest[name]?.push(await load({ url, paths, connections, seconds }))
      // Uploads are over when the load begins, and one batch waits behind the other until it ends.
      const batches = []
      for (let i = 0; i < batchesBeside; i++) batches.push(await upload(url, { file, rows }))
      beside[name]?.push(await load({ url, paths, connections, seconds: Math.min(seconds, 3) }))
      for (const status of batches) await untilComplete(status, { file, rows })
    }
  }
  await stop()
  rmSync(directory, { recursive: true })
  report.title(`Calls while a batch of ${rows} rows is applied, ${connections} connections, uploads excluded`)
  const p99 = (runs: readonly Load[] = []) => runs.map((run) => run.latencyMs[99])
  report.table(
    ['', 'p99 ms at rest', 'p99 ms beside the batch', '× its p99 at rest'],
    Object.keys(calls).map((name) => [
      name,
      median(p99(rest[name])).toFixed(1),
      median(p99(beside[name])).toFixed(1),
      withSpread(ratios(p99(beside[name]), p99(rest[name]))),
    ]),
  )
}
