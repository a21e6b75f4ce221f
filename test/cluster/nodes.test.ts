import { beforeAll, expect, it } from 'vitest'
import { call, fetchValues, update, visit } from '../acceptance/support/calls.ts'
import { adminCaller, inParallel, makeTables, startNodes } from './support/nodes.ts'
import { waitFor } from '../acceptance/support/wait.ts'

beforeAll(() => makeTables(), 120_000)

it('updates of one profile through all nodes at once leave the same everywhere, none of them lost', async () => {
  const nodes = await startNodes(3)
  const urls = nodes.map(({ url }) => url)
  await visit(urls[0]!, { thirdPartyId: 'everywhere' })
  const writes = Array.from({ length: 150 }, (_, i) => i)

  await inParallel(writes, 12, async (i) => {
    const reply = await update(urls[i % 3]!, 'everywhere', { shared: `${i}`, [`own${i}`]: `${i}` })
    expect(reply.status).toBe(200)
  })

  const seen = await Promise.all(urls.map((url) => fetchValues(url, 'thirdPartyId/everywhere')))
  expect(seen[1]).toEqual(seen[0])
  expect(seen[2]).toEqual(seen[0])
  expect(seen[0]).toMatchObject(Object.fromEntries(writes.map((i) => [`own${i}`, `${i}`])))
}, 60_000)

it('visits that create and link the same visitor through all nodes at once lose nothing', async () => {
  const nodes = await startNodes(3)
  const urls = nodes.map(({ url }) => url)
  const visitors = Array.from({ length: 40 }, (_, i) => i)

  await inParallel(visitors, 4, async (v) => {
    const ids = [
      { tntId: `t${v}` },
      { tntId: `t${v}`, thirdPartyId: `c${v}` },
      { thirdPartyId: `c${v}` },
      { tntId: `t${v}`, marketingCloudVisitorId: `e${v}` },
      { marketingCloudVisitorId: `e${v}` },
    ]
    const replies = await Promise.all(ids.map((id, i) => visit(urls[(v + i) % 3]!, id, { [`by${i}`]: 'x' })))
    expect(replies.map(({ status }) => status)).toEqual([200, 200, 200, 200, 200])
  })
  // Whoever comes next sees the visitor whole, by whichever id.
  await inParallel(visitors, 4, async (v) => {
    const all = { by0: 'x', by1: 'x', by2: 'x', by3: 'x', by4: 'x' }
    await visit(urls[0]!, { tntId: `t${v}`, thirdPartyId: `c${v}`, marketingCloudVisitorId: `e${v}` })
    for (const path of [`t${v}`, `thirdPartyId/c${v}`, `marketingCloudVisitorId/e${v}`]) {
      expect(await fetchValues(urls[v % 3]!, path), path).toEqual(all)
    }
  })
}, 90_000)

it('a token made on one node works on all, and is refused by all within a second of its end', async () => {
  const nodes = await startNodes(3)
  const urls = nodes.map(({ url }) => url)
  await visit(urls[0]!, { thirdPartyId: 'ada' })
  const admin = await adminCaller(urls[1]!)
  const fetchAll = (token: string) =>
    Promise.all(
      urls.map(async (url) => {
        const headers = { authorization: `Bearer ${token}` }
        return (await call(`${url}/rest/v1/profiles/thirdPartyId/ada?client=demo`, { headers })).status
      }),
    )

  // The access token was given by another node.
  await admin(urls[0]!, 'PATCH', 'clients/settings', { enableProfileApiAuthentication: true })
  const made = await admin(urls[0]!, 'POST', 'authentication/token?scope=profile_api')
  const { accessToken } = JSON.parse(made.text)
  await waitFor(
    'the switch and the token on all nodes',
    async () => {
      const without = await fetchAll('none')
      const withToken = await fetchAll(accessToken)
      return without.join() === '403,403,403' && withToken.join() === '200,200,200' ? true : undefined
    },
    { limitMs: 1_500 },
  )
  await admin(urls[2]!, 'DELETE', 'authentication/token?scope=profile_api')
  const revokedAt = performance.now()
  await waitFor(
    'the token to be refused',
    async () => ((await fetchAll(accessToken)).join() === '403,403,403' ? true : undefined),
    { limitMs: 1_000 },
  )

  expect(performance.now() - revokedAt).toBeLessThan(1_000)
  // The other tests call without a token.
  await admin(urls[0]!, 'PATCH', 'clients/settings', { enableProfileApiAuthentication: false })
}, 60_000)
