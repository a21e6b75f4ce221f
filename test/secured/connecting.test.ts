import { readFileSync } from 'node:fs'
import path from 'node:path'
import { auth, Client } from 'cassandra-driver'
import { beforeAll, describe, expect, it } from 'vitest'
import { fetchValues, update, visit } from '../acceptance/support/calls.ts'
import { launch, startServer } from '../acceptance/support/server.ts'
import { waitFor } from '../acceptance/support/wait.ts'
import { secretKey } from '../cluster/support/nodes.ts'

/** As `scripts/cassandra.sh up --auth --tls` makes them. */
const authority = path.resolve(import.meta.dirname, '../../.cassandra/tls/ca.pem')
const admin = { username: 'cassandra', password: 'cassandra' }
const limited = { username: 'silhouette', password: 'only-reads-and-writes' }

const keyspace = 'secured'

type Login = typeof admin

function clientOf({ username, password }: Login): Client {
  return new Client({
    contactPoints: ['127.0.0.1'],
    localDataCenter: 'dc1',
    authProvider: new auth.PlainTextAuthProvider(username, password),
    sslOptions: { ca: [readFileSync(authority)] },
  })
}

const settings = {
  STORE_URL: `cassandra://127.0.0.1/${keyspace}?datacenter=dc1`,
  CASSANDRA_USERNAME: admin.username,
  CASSANDRA_PASSWORD: admin.password,
  CASSANDRA_CA: authority,
  SECRET_KEY: secretKey,
  LOG_LEVEL: 'error',
}
const flags = ['--port', '0']

/** Starts a server that is to end by itself; returns how, with what it said. */
async function failedStart(changed: Partial<typeof settings> & Readonly<Record<string, string>>) {
  const given = Object.entries({ ...settings, ...changed }).filter(([, value]) => value !== '')
  const server = launch({ flags, settings: Object.fromEntries(given) })
  const { code } = await server.ended
  return { code, stderr: server.stderr() }
}

/** Cassandra makes its first user some moments after it listens. */
beforeAll(async () => {
  await waitFor(
    'the first user',
    async () => {
      const client = clientOf(admin)
      try {
        await client.connect()
        return true
      } catch {
        return undefined
      } finally {
        await client.shutdown()
      }
    },
    { limitMs: 60_000, everyMs: 500 },
  )
}, 90_000)

describe('a cluster that asks for a password and speaks TLS', () => {
  it('is used with user, password and authority', async () => {
    const { url } = await startServer({ flags, settings })

    await visit(url, { thirdPartyId: 'ada' }, { tier: 'gold' })
    const reply = await update(url, 'ada', { city: 'Oslo' })

    expect(reply.status).toBe(200)
    expect(await fetchValues(url, 'thirdPartyId/ada')).toEqual({ tier: 'gold', city: 'Oslo' })
  }, 60_000)

  it('is used with all of it in the URL', async () => {
    const login = `${admin.username}:${admin.password}`
    const { url } = await startServer({
      flags,
      settings: {
        STORE_URL: `cassandra://${login}@127.0.0.1/${keyspace}?datacenter=dc1&ca=${authority}`,
        SECRET_KEY: secretKey,
        LOG_LEVEL: 'error',
      },
    })

    expect((await visit(url, { thirdPartyId: 'bob' })).status).toBe(200)
  }, 60_000)

  it.each([
    ['a wrong password', { CASSANDRA_PASSWORD: 'a-wrong-guess' }, 'SILHOUETTE_CASSANDRA_PASSWORD'],
    ['no user', { CASSANDRA_USERNAME: '', CASSANDRA_PASSWORD: '' }, 'SILHOUETTE_CASSANDRA_USERNAME'],
    [
      'an authority that did not sign it',
      { CASSANDRA_CA: '', STORE_URL: `${settings.STORE_URL}&tls=yes` },
      'SILHOUETTE_CASSANDRA_CA',
    ],
    ['no TLS', { CASSANDRA_CA: '' }, 'whether it speaks TLS'],
  ])(
    'ends a start with %s, in one line that says where and what to do',
    async (_, changed, advice) => {
      const { code, stderr } = await failedStart(changed)

      expect(code).toBe(1)
      expect(stderr).toMatch(/^silhouette: the Cassandra cluster cannot be used: .*127\.0\.0\.1.*\n$/)
      expect(stderr).toContain(advice)
      expect(stderr).not.toContain('a-wrong-guess')
    },
    60_000,
  )

  it('serves a user who may not make tables, once they are there, and says so before', async () => {
    const client = clientOf(admin)
    await client.execute(
      `CREATE ROLE IF NOT EXISTS ${limited.username} WITH PASSWORD = '${limited.password}' AND LOGIN = true`,
    )
    for (const right of ['SELECT', 'MODIFY'])
      await client.execute(`GRANT ${right} ON KEYSPACE ${keyspace} TO ${limited.username}`)
    await client.shutdown()
    const login = { CASSANDRA_USERNAME: limited.username, CASSANDRA_PASSWORD: limited.password }

    const absent = await failedStart({
      ...login,
      STORE_URL: 'cassandra://127.0.0.1/absent?datacenter=dc1',
    })
    const { url } = await startServer({ flags, settings: { ...settings, ...login, STORE_MIGRATE: 'no' } })
    await visit(url, { thirdPartyId: 'eve' }, { tier: 'gold' })

    expect(absent.code).toBe(1)
    expect(absent.stderr).toMatch(/^silhouette: .*\n$/)
    expect(absent.stderr).toContain('silhouette store migrate')
    expect(await fetchValues(url, 'thirdPartyId/eve')).toEqual({ tier: 'gold' })
  }, 90_000)
})
