import { spawnSync } from 'node:child_process'
import { rmSync, writeFileSync } from 'node:fs'
import { availableParallelism } from 'node:os'
import path from 'node:path'
import { fileURLToPath } from 'node:url'
import type { Bench } from './bench.ts'
import { idOf, writeBatch } from './harness/facts.ts'
import { inTurns, median, ratios, withSpread } from './harness/figures.ts'
import { load } from './harness/load.ts'
import { runToEnd } from './harness/processes.ts'
import { places, startSilhouette, timeBatch } from './harness/service.ts'

const profiles = 1_000
const connections = 256
const { silhouette } = places

/**
 * Fetches and updates by two processes beside one. What sends them takes a part of the machine: `wrk` where
 * it is installed, which takes a sixth of what a fetch takes; else autocannon, which takes as much.
 */
export async function benchWorkers(bench: Bench): Promise<void> {
  const { report, folder, seconds, rounds } = bench
  const ids = Array.from({ length: profiles }, (_unused, i) => idOf(i))
  const batch = path.join(folder, 'workers.txt')
  await writeBatch(batch, { rows: profiles, order: 'key' })
  const one = await startSilhouette(path.join(folder, 'one'))
  const two = await startSilhouette(path.join(folder, 'two'), ['--workers', '2'])
  for (const { url } of [one, two]) await timeBatch(url, { file: batch, rows: profiles })
  const hasWrk = spawnSync('wrk', ['-v']).error === undefined
  const send = (url: string, paths: readonly string[]) =>
    hasWrk
      ? Promise.resolve(wrk({ url, paths, seconds, folder }))
      : load({ url, paths, connections, seconds }).then(({ perSecond }) => perSecond)

  report.title(`Two processes (--workers 2) beside one, ${connections} connections`)
  report.say(
    `On ${availableParallelism()} cores, which they share with what sends the requests ` +
      `(${hasWrk ? 'wrk' : 'autocannon'}).`,
  )
  const rows: string[][] = []
  for (const [name, paths] of Object.entries({
    fetch: ids.map(silhouette.fetch),
    update: ids.map((id, i) => silhouette.update(id, `profile.tier=${i % 2 === 0 ? 'gold' : 'silver'}`)),
  })) {
    const rates = await inTurns<string, number>(rounds, {
      one: () => send(one.url, paths),
      two: () => send(two.url, paths),
    })
    const [alone = [], both = []] = [rates['one'], rates['two']]
    rows.push([name, median(alone).toFixed(0), median(both).toFixed(0), withSpread(ratios(both, alone))])
  }
  report.table(['', 'one, a second', 'two, a second', 'two beside one'], rows)
  for (const running of [one, two]) await running.stop()
  for (const name of ['one', 'two']) rmSync(path.join(folder, name), { recursive: true, force: true })
}

/** @returns requests a second */
function wrk({
  url,
  paths,
  seconds,
  folder,
}: {
  readonly url: string
  readonly paths: readonly string[]
  readonly seconds: number
  readonly folder: string
}): number {
  const file = path.join(folder, 'paths.txt')
  writeFileSync(file, `${paths.join('\n')}\n`)
  const script = fileURLToPath(new URL('harness/in-turns.lua', import.meta.url))
  const size = ['-t', '1', '-c', String(connections), '-d', `${seconds}s`]
  const told = runToEnd('wrk', [...size, '-s', script, url, '--', file])
  const [, perSecond, failed, refused] = /^result ([\d.]+) (\d+) (\d+)$/m.exec(told) ?? []
  if (perSecond === undefined || Number(failed) + Number(refused) > 0)
    throw new Error(`requests to ${url} failed: ${told}`)
  return Number(perSecond)
}
