import { rmSync } from 'node:fs'
import path from 'node:path'
import type { Bench } from './bench.ts'
import { postgresVersion, redisVersion, startPostgres, startRedis } from './harness/databases.ts'
import { idOf, writeBatch } from './harness/facts.ts'
import { inTurns, median, ratios, withSpread } from './harness/figures.ts'
import { load, type Load } from './harness/load.ts'
import { places, requireToken, startPeer, startSilhouette, timeBatch } from './harness/service.ts'

/** Profiles that calls go to in turns. */
const profiles = 1_000

const ids = Array.from({ length: profiles }, (_unused, i) => idOf(i))
const percentiles = ['50', '90', '99', '99.9'] as const

/** Fetches, durable updates and the check of the token, beside the limits and the peers. */
export async function benchRequests(bench: Bench): Promise<void> {
  const { folder, seconds, rounds } = bench
  const batch = path.join(folder, 'profiles.txt')
  const facts = { rows: profiles, order: 'key' } as const
  await writeBatch(batch, facts)
  const open = await startSilhouette(path.join(folder, 'open'))
  const shut = await startSilhouette(path.join(folder, 'shut'))
  for (const { url } of [open, shut]) await timeBatch(url, { file: batch, rows: profiles })
  const headers = { authorization: `Bearer ${await requireToken(shut.url, 'demo')}` }
  const bareFastify = await startPeer('bare-fastify')
  const bareHttp = await startPeer('bare-http')
  const redis = redisVersion() ? await startRedis(path.join(folder, 'redis'), 'always') : undefined
  const redisPeer = redis && (await startPeer('fastify-redis', String(redis.port)))
  const postgres = postgresVersion() ? await startPostgres(path.join(folder, 'postgres')) : undefined
  const postgresPeer = postgres && (await startPeer('fastify-postgres', String(postgres.port)))
  const value = encodeURIComponent('a value like others')
  const set = (color: string) =>
    `profile.tier=${color}&profile.store=7&profile.value=120.50&profile.note=${value}`
  for (const peer of [redisPeer, postgresPeer]) {
    for (const id of peer ? ids : []) await fetch(peer?.url + places.peer.update(id, set('gold')))
  }

  const fetches = (url: string, place: (id: string) => string, connections: number, more = {}) =>
    load({ url, paths: ids.map(place), connections, seconds, ...more })
  const updates = (url: string, place: (id: string, set: string) => string, connections: number) => {
    const paths = ids.map((id, i) => place(id, set(i % 2 === 0 ? 'gold' : 'silver')))
    return load({ url, paths, connections, seconds })
  }
  const { silhouette, peer } = places

  const fetched = await inTurns<string, Load>(rounds, {
    Silhouette: () => fetches(open.url, silhouette.fetch, 32),
    'with the token checked': () => fetches(shut.url, silhouette.fetch, 32, { headers }),
    'bare Fastify': () => fetches(bareFastify.url, peer.fetch, 32),
    'bare node:http': () => fetches(bareHttp.url, peer.fetch, 32),
    ...(redisPeer && { 'Fastify + Redis': () => fetches(redisPeer.url, peer.fetch, 32) }),
    ...(postgresPeer && { 'Fastify + PostgreSQL': () => fetches(postgresPeer.url, peer.fetch, 32) }),
  })
  tell(bench, 'Fetch by thirdPartyId, 32 connections', fetched)
  plotLatency(bench, 'fetch-latency', 'Latency of a fetch at 32 connections', fetched)

  for (const connections of [32, 256]) {
    const updated = await inTurns<string, Load>(rounds, {
      Silhouette: () => updates(open.url, silhouette.update, connections),
      'bare Fastify': () => updates(bareFastify.url, peer.update, connections),
      ...(redisPeer && {
        'Fastify + Redis (always)': () => updates(redisPeer.url, peer.update, connections),
      }),
      ...(postgresPeer && {
        'Fastify + PostgreSQL': () => updates(postgresPeer.url, peer.update, connections),
      }),
    })
    tell(bench, `Single update, on disk when acknowledged, ${connections} connections`, updated)
    if (connections === 256)
      plotLatency(bench, 'update-latency', 'Latency of an update at 256 connections', updated)
  }

  for (const running of [open, shut, bareFastify, bareHttp, redisPeer, postgresPeer, redis, postgres])
    await running?.stop()
  for (const name of ['open', 'shut', 'redis', 'postgres'])
    rmSync(path.join(folder, name), { recursive: true, force: true })
}

function tell({ report }: Bench, title: string, results: Readonly<Record<string, readonly Load[]>>) {
  const ours = results['Silhouette'] ?? []
  const rate = (runs: readonly Load[]) => runs.map((run) => run.perSecond)
  report.title(title)
  report.table(
    ['', 'a second', 'p50 ms', 'p99 ms', 'Silhouette is … × as fast'],
    Object.entries(results).map(([name, runs]) => [
      name,
      median(rate(runs)).toFixed(0),
      median(runs.map((run) => run.latencyMs[50])).toFixed(1),
      median(runs.map((run) => run.latencyMs[99])).toFixed(1),
      withSpread(ratios(rate(ours), rate(runs))),
    ]),
  )
}

function plotLatency(
  { report }: Bench,
  name: string,
  title: string,
  results: Readonly<Record<string, readonly Load[]>>,
) {
  const of = (runs: readonly Load[]) => percentiles.map((at) => median(runs.map((run) => run.latencyMs[at])))
  report.plot({
    name,
    title,
    unit: 'ms',
    places: percentiles.map((percent) => `p${percent}`),
    lines: Object.fromEntries(Object.entries(results).map(([contender, runs]) => [contender, of(runs)])),
    isLogarithmic: true,
  })
}
