import { readFileSync, rmSync } from 'node:fs'
import path from 'node:path'
import type { Bench } from './bench.ts'
import {
  postgresVersion,
  redisSize,
  redisVersion,
  startPostgres,
  startRedis,
  timeRedisPipe,
} from './harness/databases.ts'
import { sampleIds, writeBatch, writeRedisCommands, type Facts } from './harness/facts.ts'
import { inTurns, median, ratios, withSpread } from './harness/figures.ts'
import { checksum, places, startPeer, startSilhouette, timeBatch } from './harness/service.ts'

/** Milliseconds of a load into an empty store, and of a second one over what is there. */
interface Turn {
  readonly first: number
  readonly again: number
  readonly digest: string
}

const samples = 1_000

/**
 * A bulk update beside what one would build instead, and beside the parsing that nobody can leave out.
 *
 * Ours: accepted on disk, then every row applied and flushed. Redis: `everysec`, up to a second may be
 * lost. PostgreSQL: one durable transaction.
 */
export async function benchBatch(bench: Bench): Promise<void> {
  for (const order of ['random', 'key'] as const) await benchOrder(bench, order)
  await benchLargeStore(bench)
}

async function benchOrder({ report, folder, rows, rounds }: Bench, order: Facts['order']) {
  const facts = { rows, order }
  const second = { ...facts, turn: 1 }
  const files = { first: path.join(folder, 'first.txt'), again: path.join(folder, 'again.txt') }
  const commands = { first: path.join(folder, 'first.redis'), again: path.join(folder, 'again.redis') }
  await writeBatch(files.first, facts)
  await writeBatch(files.again, second)
  await writeRedisCommands(commands.first, facts)
  await writeRedisCommands(commands.again, second)
  const ids = sampleIds(facts, Math.min(samples, rows))

  const silhouette = async (): Promise<Turn> => {
    const directory = path.join(folder, 'silhouette')
    const { url, stop } = await startSilhouette(directory)
    const first = await timeBatch(url, { file: files.first, rows })
    const again = await timeBatch(url, { file: files.again, rows })
    const digest = await checksum(url, places.silhouette.fetch, ids)
    await stop()
    rmSync(directory, { recursive: true })
    return { first: first.totalMs, again: again.totalMs, digest }
  }
  const redis = async (): Promise<Turn> => {
    const directory = path.join(folder, 'redis')
    const database = await startRedis(directory, 'everysec')
    const first = await timeRedisPipe(database.port, commands.first)
    const again = await timeRedisPipe(database.port, commands.again)
    if (redisSize(database.port) !== rows) throw new Error(`Redis holds ${redisSize(database.port)} profiles`)
    const peer = await startPeer('fastify-redis', String(database.port))
    const digest = await checksum(peer.url, places.peer.fetch, ids)
    await peer.stop()
    await database.stop()
    rmSync(directory, { recursive: true })
    return { first, again, digest }
  }
  const postgres = async (): Promise<Turn> => {
    const directory = path.join(folder, 'postgres')
    const database = await startPostgres(directory)
    const peer = await startPeer('fastify-postgres', String(database.port))
    const first = await timePostgres(peer.url, files.first, rows)
    const again = await timePostgres(peer.url, files.again, rows)
    const digest = await checksum(peer.url, places.peer.fetch, ids)
    await peer.stop()
    await database.stop()
    rmSync(directory, { recursive: true })
    return { first, again, digest }
  }
  const parsing = async (): Promise<Turn> => {
    const ms = timeParsing(files.first, rows)
    return { first: ms, again: ms, digest: '' }
  }
  const results = await inTurns<string, Turn>(rounds, {
    Silhouette: silhouette,
    ...(redisVersion() && { 'redis-cli --pipe': redis }),
    ...(postgresVersion() && { 'Fastify + PostgreSQL': postgres }),
    'parsing alone': parsing,
  })

  report.title(`Batch of ${rows} rows × 5 cells, ids in ${order} order, upload begins → complete`)
  const ours = results['Silhouette'] ?? []
  const row = (name: string, turns: readonly Turn[], which: 'first' | 'again') => {
    const times = turns.map((turn) => turn[which])
    const speed = ratios(
      times,
      ours.map((turn) => turn[which]),
    )
    return [name, median(times).toFixed(0), ((rows / median(times)) * 1000).toFixed(0), withSpread(speed)]
  }
  for (const which of ['first', 'again'] as const) {
    report.say(
      which === 'first' ? 'Into an empty store:\n' : '\nOver the same profiles, with other values:\n',
    )
    report.table(
      ['', 'ms', 'rows a second', 'Silhouette is … × as fast'],
      Object.entries(results).map(([name, turns]) => row(name, turns, which)),
    )
  }
  const digests = new Set(Object.values(results).flatMap((turns) => turns.map(({ digest }) => digest)))
  digests.delete('')
  if (digests.size !== 1) throw new Error(`the contenders hold different facts: ${[...digests].join(', ')}`)
  report.say(`\nAll hold the same facts: checksum ${[...digests][0]} over ${ids.length} profiles.`)
}

async function timePostgres(url: string, file: string, rows: number): Promise<number> {
  const startedMs = performance.now()
  const reply = await fetch(`${url}/batch?file=${encodeURIComponent(file)}`)
  const text = await reply.text()
  if (text !== `{"rows":${rows}}`) throw new Error(`PostgreSQL answered ${text}`)
  return performance.now() - startedMs
}

/** Milliseconds of splitting and percent-decoding every cell, nothing else. */
function timeParsing(file: string, rows: number): number {
  const startedMs = performance.now()
  let cells = 0
  for (const line of readFileSync(file, 'latin1').split('\n')) {
    for (const cell of line.split(',')) cells += decodeURIComponent(cell).length > 0 ? 1 : 0
  }
  if (cells < rows * 6) throw new Error('the file was not parsed')
  return performance.now() - startedMs
}

/** The same number of rows, spread over a store ten times their number. */
async function benchLargeStore({ report, folder, rows, rounds }: Bench) {
  const directory = path.join(folder, 'large')
  const file = path.join(folder, 'spread.txt')
  const tenth = path.join(folder, 'tenth.txt')
  const { url, stop } = await startSilhouette(directory)
  const empty: number[] = []
  for (let part = 0; part < 10; part++) {
    await writeBatch(tenth, { rows, order: 'random', first: part * rows })
    const { totalMs } = await timeBatch(url, { file: tenth, rows })
    if (part === 0) empty.push(totalMs)
  }
  const spread: number[] = []
  for (let round = 0; round < Math.min(rounds, 3); round++) {
    await writeBatch(file, { rows, order: 'random', stride: 10, first: round, turn: round + 1 })
    spread.push((await timeBatch(url, { file, rows })).totalMs)
  }
  await stop()
  rmSync(directory, { recursive: true })
  report.title(`Batch of ${rows} rows, shuffled, spread over a store of ${rows * 10} profiles`)
  const ratio = (median(empty) / median(spread)).toFixed(2)
  report.say(`${withSpread(spread, 0)} ms; ${ratio} × the rate into the empty store.`)
}
