import { Client } from 'cassandra-driver'
import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from 'vitest'
import { openCassandraStore } from '../../src/store/cassandra/store.ts'
import { launch } from '../acceptance/support/server.ts'
import { secretKey, storeUrl } from '../cluster/support/nodes.ts'

const client = new Client({ contactPoints: ['127.0.0.1'], localDataCenter: 'dc1' })

beforeAll(() => client.connect())
afterAll(() => client.shutdown())
afterEach(() => vi.useRealTimers())

/** Starts a server that is to end by itself; returns how, with what it said. */
async function failedStart(
  url: string,
  settings: Readonly<Record<string, string>> = { SECRET_KEY: secretKey },
) {
  const server = launch({
    flags: ['--port', '0'],
    settings: { STORE_URL: url, LOG_LEVEL: 'error', ...settings },
  })
  const { code } = await server.ended
  return { code, stderr: server.stderr() }
}

async function hasKeyspace(name: string): Promise<boolean> {
  const query = 'SELECT keyspace_name FROM system_schema.keyspaces WHERE keyspace_name = ?'
  return (await client.execute(query, [name])).rowLength > 0
}

/** A keyspace whose layout is another one. */
async function keyspaceOfLayout(name: string, version: number) {
  const replication = "{'class': 'SimpleStrategy', 'replication_factor': 1}"
  await client.execute(`CREATE KEYSPACE IF NOT EXISTS ${name} WITH replication = ${replication}`)
  await client.execute(`CREATE TABLE IF NOT EXISTS ${name}.meta (
    name text PRIMARY KEY, value int, holder text, until_ms bigint)`)
  await client.execute(`INSERT INTO ${name}.meta (name, value) VALUES ('version', ${version})`)
}

describe('a start on a cluster ends in one line that says what to do', () => {
  it('with a data centre that there is not: those that there are', async () => {
    const { code, stderr } = await failedStart(storeUrl('starts', '127.0.0.1').replace('dc1', 'nowhere'))

    expect(code).toBe(1)
    expect(stderr).toMatch(/^silhouette: .*nowhere.*dc1.*check datacenter= of the store URL\n$/)
  })

  it('with a host at which nothing listens', async () => {
    const { code, stderr } = await failedStart(storeUrl('starts', '127.0.0.1:9'))

    expect(code).toBe(1)
    expect(stderr).toMatch(/^silhouette: .*127\.0\.0\.1:9.*ECONNREFUSED.*check the hosts in the store URL\n$/)
  })

  it('without a secret key, and makes no tables', async () => {
    const { code, stderr } = await failedStart(storeUrl('starts_unkeyed', '127.0.0.1'), {})

    expect(code).toBe(1)
    expect(stderr).toMatch(/^silhouette: SILHOUETTE_SECRET_KEY must be given with a cluster.*\n$/)
    expect(await hasKeyspace('starts_unkeyed')).toBe(false)
  })

  it.each([
    ['of the trial layout', 1, /trial version.*DROP KEYSPACE "layout_1"/],
    ['of a later layout', 99, /has layout 99, made by a later version/],
  ])('on a keyspace %s', async (_, version, said) => {
    await keyspaceOfLayout(`layout_${version}`, version)

    const { code, stderr } = await failedStart(storeUrl(`layout_${version}`, '127.0.0.1'))

    expect(code).toBe(1)
    expect(stderr).toMatch(/^silhouette: .*\n$/)
    expect(stderr).toMatch(said)
  })
})

it.each([
  ['behind', 3_000, 'behind'],
  ['ahead of', -3_000, 'ahead of'],
])('a store whose clock is %s ours by more than a second is not opened', async (_, offMs, said) => {
  vi.useFakeTimers({ toFake: ['Date'], now: Date.now() + offMs })
  const address = {
    hosts: ['127.0.0.1'],
    keyspace: 'test_contract',
    datacenter: 'dc1',
    consistency: 'local_quorum',
  } as const

  const opening = openCassandraStore(address, { migrate: false })

  await expect(opening).rejects.toThrow(
    new RegExp(`^the clock of Cassandra node 127\\.0\\.0\\.1.* is \\d+ ms ${said} this machine's; .* NTP$`),
  )
})
