import { beforeAll, expect, it } from 'vitest'
import { call, completed, fetchValues, update, upload, visit } from '../acceptance/support/calls.ts'
import type { Server } from '../acceptance/support/server.ts'
import { waitFor } from '../acceptance/support/wait.ts'
import { adminCaller, inParallel, makeTables, startNode } from '../cluster/support/nodes.ts'
import { cut, join } from './cut.ts'

beforeAll(() => makeTables(), 120_000)

/** A node of Silhouette in each of two regions; each has one Cassandra node of its own. */
async function startRegions(): Promise<readonly [Server, Server]> {
  return [
    await startNode({ datacenter: 'dc1', hosts: '127.0.0.1' }),
    await startNode({ datacenter: 'dc2', hosts: '127.0.0.2' }),
  ]
}

/** How long both regions may take to come to the same, ms: hints are sent each ten seconds. */
const convergenceMsMax = 60_000

async function bothShow(
  [one, two]: readonly [Server, Server],
  profile: string,
  values: Readonly<Record<string, string>>,
): Promise<void> {
  let seen: unknown
  await waitFor(
    `both regions to show ${JSON.stringify(values)}`,
    async () => {
      const shown = await Promise.all([one, two].map(({ url }) => fetchValues(url, profile)))
      seen = shown
      return shown.every((found) => JSON.stringify(sorted(found)) === JSON.stringify(sorted(values)))
        ? true
        : undefined
    },
    { limitMs: convergenceMsMax, everyMs: 200 },
  ).catch((error: unknown) => {
    throw new Error(`they show ${JSON.stringify(seen)}`, { cause: error })
  })
}

function sorted(values: Readonly<Record<string, string>> | undefined) {
  return values && Object.entries(values).toSorted(([a], [b]) => (a < b ? -1 : 1))
}

it('of updates in two regions the later one wins for each attribute, in both', async () => {
  const regions = await startRegions()
  const [one, two] = regions
  await visit(one.url, { thirdPartyId: 'ada' }, { home: 'one' })
  await bothShow(regions, 'thirdPartyId/ada', { home: 'one' })

  const turns = Array.from({ length: 40 }, (_, i) => i)
  await inParallel(turns, 4, async (i) => {
    const { status } = await update([one, two][i % 2]!.url, 'ada', { shared: `${i}`, [`own${i}`]: 'x' })
    expect(status).toBe(200)
  })
  await update(two.url, 'ada', { shared: 'last' })

  const own = Object.fromEntries(turns.map((i) => [`own${i}`, 'x']))
  await bothShow(regions, 'thirdPartyId/ada', { home: 'one', shared: 'last', ...own })
}, 120_000)

it('a batch is applied by the region that took it, and seen in the other', async () => {
  const regions = await startRegions()
  const [one, two] = regions

  const batchId = await upload(two.url, 'batch=thirdPartyId,n\nlin,1\nbob,2\n')
  const status = await completed(one.url, batchId)

  expect(status).toMatchObject({ status: 'complete', batchSize: 2, successfulUpdates: 2 })
  await bothShow(regions, 'thirdPartyId/bob', { n: '2' })
}, 60_000)

it('a token that is revoked in one region is refused in the other within five seconds', async () => {
  const [one, two] = await startRegions()
  await visit(one.url, { thirdPartyId: 'tom' })
  const admin = await adminCaller(one.url)
  const fetchBy = async (token: string) => {
    const headers = { authorization: `Bearer ${token}` }
    return (await call(`${two.url}/rest/v1/profiles/thirdPartyId/tom?client=demo`, { headers })).status
  }

  await admin(one.url, 'PATCH', 'clients/settings', { enableProfileApiAuthentication: true })
  const made = await admin(one.url, 'POST', 'authentication/token?scope=profile_api')
  const { accessToken } = JSON.parse(made.text)
  await waitFor('the token to work in the other region', async () =>
    (await fetchBy(accessToken)) === 200 && (await fetchBy('none')) === 403 ? true : undefined,
  )
  await admin(one.url, 'DELETE', 'authentication/token?scope=profile_api')
  await waitFor(
    'the token to be refused',
    async () => ((await fetchBy(accessToken)) === 403 ? true : undefined),
    { limitMs: 5_000 },
  )

  const off = await admin(one.url, 'PATCH', 'clients/settings', { enableProfileApiAuthentication: false })
  expect(off.status).toBe(200)
}, 60_000)

it('cut apart, each region goes on by itself; joined again, they come to the same', async () => {
  const regions = await startRegions()
  const [one, two] = regions
  await visit(one.url, { thirdPartyId: 'eve' }, { seen: 'before' })
  await bothShow(regions, 'thirdPartyId/eve', { seen: 'before' })
  const admin = await adminCaller(one.url)

  await cut()
  const written = [
    await update(one.url, 'eve', { seen: 'one', one: '1' }),
    await update(two.url, 'eve', { seen: 'two', two: '2' }),
    await visit(one.url, { thirdPartyId: 'new' }, { one: '1' }),
    await visit(two.url, { thirdPartyId: 'new' }, { two: '2' }),
  ]
  const ready = await Promise.all(regions.map(({ url }) => call(`${url}/readyz`)))
  const apart = await Promise.all(regions.map(({ url }) => fetchValues(url, 'thirdPartyId/eve')))
  const changed = await admin(one.url, 'POST', 'authentication/token?scope=profile_api')
  await join()

  expect(written.map(({ status }) => status)).toEqual([200, 200, 200, 200])
  expect(ready.map(({ status }) => status)).toEqual([200, 200])
  expect(apart).toEqual([
    { seen: 'one', one: '1' },
    { seen: 'two', two: '2' },
  ])
  // What all regions have to agree on waits until they can.
  expect(changed.status).toBe(503)
  await bothShow(regions, 'thirdPartyId/eve', { seen: 'two', one: '1', two: '2' })
  await bothShow(regions, 'thirdPartyId/new', { one: '1', two: '2' })
  await waitFor(
    'control records to be changed again',
    async () => {
      const { status } = await admin(two.url, 'POST', 'authentication/token?scope=profile_api')
      return status === 201 || status === 200 ? true : undefined
    },
    { limitMs: convergenceMsMax, everyMs: 500 },
  )
}, 180_000)
