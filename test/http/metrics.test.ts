import { describe, expect, it } from 'vitest'
import { Metrics } from '../../src/http/metrics.ts'
import { openMemoryStore } from '../../src/store/memory/store.ts'
import { startAdminApp } from './admin/people.ts'
import { startApp, type TestApp } from './start-app.ts'

/** The value of one series, named as the text format writes it; `undefined` when it is not there. */
async function valueOf({ get }: TestApp, series: string): Promise<number | undefined> {
  const { body } = await get('/metrics')
  const line = body.split('\n').find((text) => text.startsWith(`${series} `))
  return line === undefined ? undefined : Number(line.slice(series.length + 1))
}

async function valuesOf(app: TestApp, name: string): Promise<Record<string, number>> {
  const { body } = await app.get('/metrics')
  const lines = body.matchAll(new RegExp(`^${name}\\{(.*)\\} (.*)$`, 'gm'))
  return Object.fromEntries(Array.from(lines, ([, labels, value]) => [labels, Number(value)]))
}

describe('/metrics', () => {
  it('tells the seconds until the token of each client and scope expires', async () => {
    const app = await startAdminApp()
    await app.admin('POST', '/authentication/token?scope=profile_api', { expiresIn: 600 })
    await app.admin('POST', '/authentication/token?scope=debug_tools', { expiresIn: 60 })

    app.context.clock.advance(60_000)

    const [[labels, seconds] = []] = Object.entries(await valuesOf(app, 'silhouette_token_expires_seconds'))
    expect(labels).toBe('client="demo",scope="profile_api"')
    expect(seconds).toBeCloseTo(540, 0)
  })

  it("is in Prometheus's text format, every metric with its help and type", async () => {
    const { get } = await startApp()

    const reply = await get('/metrics')

    expect(reply.statusCode).toBe(200)
    expect(reply.headers['content-type']).toBe('text/plain; version=0.0.4; charset=utf-8')
    const lines = reply.body.trimEnd().split('\n')
    expect(lines.filter((line) => !/^(# (HELP|TYPE) \w+ \S.*|\w+(\{.*\})? \S+|)$/.test(line))).toEqual([])
    const named = new Set(lines.flatMap((line) => /^silhouette_\w+/.exec(line)?.[0] ?? []))
    for (const name of named) {
      const family = name.replace(/_(bucket|sum|count)$/, '')
      expect(reply.body).toMatch(new RegExp(`^# TYPE ${family} (counter|gauge|histogram)$`, 'm'))
    }
  })

  it('counts requests by method, route pattern and status, and never shows an address', async () => {
    const app = await startApp()

    await app.get('/rest/v1/profiles/hush?client=demo')
    await app.get('/rest/v1/profiles/hush')
    await app.app.inject({ method: 'PROPFIND' as 'GET', url: '/livez' })
    await app.get('/hush')
    await app.get('/%zzhush')

    const count = 'silhouette_http_request_duration_seconds_count'
    expect(await valuesOf(app, count)).toMatchObject({
      'method="GET",route="/rest/v1/profiles/:id",status="404"': 2,
      'method="other",route="/livez",status="405"': 1,
      'method="GET",route="none",status="404"': 1,
      'method="GET",route="none",status="400"': 1,
    })
    expect((await app.get('/metrics')).body).not.toContain('hush')
  })

  it('counts refusals by their code', async () => {
    const app = await startApp()

    await app.get('/rest/v1/profiles/1')
    await app.get('/m2/nobody/profile/update')
    await app.get('/m2/demo/profile/update')

    expect(await valuesOf(app, 'silhouette_refusals_total')).toMatchObject({
      'code="profile_not_found"': 1,
      'code="client_unknown"': 1,
      'code="id_missing"': 1,
      'code="store_unavailable"': 0,
    })
  })

  it('counts updates and visits by what became of them, and how long the store took', async () => {
    const app = await startApp()

    await app.profile({ tntId: '1' })
    await app.get('/m2/demo/profile/update?mboxPC=1&profile.a=1')
    await app.get('/m2/demo/profile/update?mboxPC=1&profile.a=1')
    await app.get('/m2/demo/profile/update?mboxPC=2&profile.a=1')

    expect(await valuesOf(app, 'silhouette_profile_writes_total')).toEqual({
      'source="visit",outcome="created"': 1,
      'source="update",outcome="updated"': 1,
      'source="update",outcome="unchanged"': 1,
      'source="update",outcome="not-found"': 1,
    })
    expect(await valuesOf(app, 'silhouette_store_commit_duration_seconds_count')).toEqual({
      'source="visit"': 1,
      'source="update"': 3,
    })
  })

  it.each([
    ['above', 59_100, 1],
    ['below', 58_900, undefined],
  ])('tells of writes that leave a profile %s 90 %% of its limit', async (_, bytes, count) => {
    const app = await startApp()
    await app.profile({ tntId: '1' })

    await app.post('/m2/demo/profile/update', `mboxPC=1&profile.a=${'x'.repeat(bytes)}`)

    expect(await valueOf(app, 'silhouette_profile_writes_near_limit_total{source="update"}')).toBe(count)
  })

  it('counts each row of a batch once, and shows what waits', async () => {
    const app = await startApp({ batchStuckMs: 60_000 })
    await app.profile({ tntId: 'a' }, { plan: 'gold' })
    const upload = 'batch=pcId,plan\na,gold\na,free\nb,gold\n.,gold\n'

    await app.post('/m2/demo/v2/profile/batchUpdate', upload)
    app.context.clock.advance(90_000)
    const waiting = [
      await valueOf(app, 'silhouette_batches_incomplete'),
      await valueOf(app, 'silhouette_batches_stuck'),
      await valueOf(app, 'silhouette_batch_rows_waiting'),
      await valueOf(app, 'silhouette_batch_oldest_age_seconds'),
    ]
    await app.applyBatches()

    expect(waiting).toEqual([1, 1, 4, expect.closeTo(90, 1)])
    expect(await valuesOf(app, 'silhouette_batch_rows_total')).toEqual({
      'outcome="created"': 1,
      'outcome="updated"': 1,
      'outcome="unchanged"': 1,
      'outcome="failedUpdates"': 1,
    })
    expect(await valueOf(app, 'silhouette_batches_completed_total')).toBe(1)
    expect(await valueOf(app, 'silhouette_batches_incomplete')).toBe(0)
    expect(await valueOf(app, 'silhouette_batch_oldest_age_seconds')).toBe(0)
  })

  it('leaves out the gauges of a reading that fails, and says so', async () => {
    const store = openMemoryStore()
    let bytes: number | undefined = 5
    const space = async () => {
      if (bytes === undefined) throw new Error('no such file')
      return { bytes }
    }
    const app = await startApp({ store: { ...store, space } })

    const before = await valueOf(app, 'silhouette_store_bytes')
    bytes = undefined
    const after = await valueOf(app, 'silhouette_store_bytes')

    expect([before, after]).toEqual([5, undefined])
    expect(await valueOf(app, 'silhouette_scrape_failures_total{reading="space"}')).toBeGreaterThan(0)
    expect(await valueOf(app, 'silhouette_batches_incomplete')).toBe(0)
  })

  it('shows what a store has no disk for as missing, not as 0', async () => {
    const app = await startApp()

    expect(await valueOf(app, 'silhouette_store_bytes')).toBeUndefined()
    expect(await valueOf(app, 'silhouette_scrape_failures_total{reading="space"}')).toBe(0)
  })
})

describe('a reading with labels', () => {
  it('shows one value for each, and forgets those that are gone', async () => {
    const metrics = new Metrics()
    const gauge = { name: 'left_seconds', help: 'Seconds left.', labels: ['client'] }
    let clients = ['a', 'b']
    metrics.addReading({
      name: 'clients',
      read: async () => clients,
      gauges: [{ ...gauge, show: (codes) => codes.map((client) => ({ labels: { client }, value: 7 })) }],
    })

    const first = await metrics.render()
    clients = ['b']
    const second = await metrics.render()

    expect(first.match(/^left_seconds.*$/gm)).toEqual([
      'left_seconds{client="a"} 7',
      'left_seconds{client="b"} 7',
    ])
    expect(second.match(/^left_seconds.*$/gm)).toEqual(['left_seconds{client="b"} 7'])
  })
})

it('two servers of one process count apart', async () => {
  const [first, second] = [await startApp(), await startApp()]

  await first.profile({ tntId: '1' })

  expect(await valuesOf(first, 'silhouette_profile_writes_total')).not.toEqual({})
  expect(await valuesOf(second, 'silhouette_profile_writes_total')).toEqual({})
})
