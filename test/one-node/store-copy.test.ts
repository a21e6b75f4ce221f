import path from 'node:path'
import { expect, it } from 'vitest'
import { completed, fetchValues, upload, visit } from '../acceptance/support/calls.ts'
import { Person, startWithCommand } from '../acceptance/support/command.ts'
import { makeDirectory, startServer } from '../acceptance/support/server.ts'
import { secretKey, startNode, storeUrl } from '../cluster/support/nodes.ts'

it('a store goes from a directory to the cluster and back, and is the same at each end', async () => {
  const { server, directory } = await startWithCommand({ SECRET_KEY: secretKey })
  const ids = { tntId: 't1', thirdPartyId: 'c1', marketingCloudVisitorId: 'e1' }
  await visit(server.url, ids, { tier: 'gold', city: 'Oslo' })
  const lines = Array.from({ length: 200 }, (_, row) => (row === 7 ? 'bad,%zz' : `v${row},${row}`))
  const batchId = await upload(server.url, `batch=thirdPartyId,n\n${lines.join('\n')}\n`)
  const status = await completed(server.url, batchId)
  const person = new Person({ SILHOUETTE_SECRET_KEY: secretKey })
  const keyspace = storeUrl('test_copy', '127.0.0.1')
  const back = path.join(makeDirectory(), 'back')
  const copy = (from: string, to: string, ...flags: readonly string[]) =>
    person.run(['store', 'copy', '--from', from, '--to', to, ...flags])

  const first = await copy(`lmdb:${directory}`, keyspace)
  await visit(server.url, { tntId: 't1' }, { city: 'Bergen' })
  await server.stop()
  const there = await copy(`lmdb:${directory}`, keyspace, '--final', '--verify')
  const node = await startNode({ store: keyspace })
  await visit(node.url, { tntId: 't1' }, { seen: 'in the cluster' })
  const seen = await fetchValues(node.url, 'marketingCloudVisitorId/e1')
  const statusThere = await completed(node.url, batchId)
  await node.stop()
  const home = await copy(keyspace, `lmdb:${back}`, '--final', '--verify')
  const restored = await startServer({ directory: back, settings: { SECRET_KEY: secretKey } })

  expect([first, there, home].map(({ code, stderr }) => [code, code === 0 ? '' : stderr])).toEqual([
    [0, ''],
    [0, ''],
    [0, ''],
  ])
  expect(there.stdout).toContain('Both stores hold the same')
  expect(seen).toEqual({ tier: 'gold', city: 'Bergen', seen: 'in the cluster' })
  expect(await fetchValues(restored.url, 'thirdPartyId/c1')).toEqual(seen)
  expect(await fetchValues(restored.url, 'thirdPartyId/v199')).toEqual({ n: '199' })
  expect(statusThere).toEqual(status)
  expect(await completed(restored.url, batchId)).toEqual(status)
}, 180_000)
