import { execFile } from 'node:child_process'
import path from 'node:path'
import { promisify } from 'node:util'
import { onTestFinished } from 'vitest'
import { migrate } from '../../../src/store/cassandra/schema.ts'
import { startServer, type Server } from '../../acceptance/support/server.ts'
import { call, type Reply } from '../../acceptance/support/calls.ts'
import { waitFor } from '../../acceptance/support/wait.ts'

const script = path.resolve(import.meta.dirname, '../../../scripts/cassandra.sh')
const run = promisify(execFile)

/** How long a node of Cassandra may take to come or go, ms. */
const nodeMsMax = 120_000

/** One node of the cluster under test, 1 and up. */
export const cassandra = {
  start: (node: number) => run('bash', [script, 'start', String(node)], { timeout: nodeMsMax }),
  stop: (node: number) => run('bash', [script, 'stop', String(node)], { timeout: nodeMsMax }),
  /** Sends a signal to it; the end of the test sees to it that it goes on. */
  signal: async (node: number, signal: NodeJS.Signals) => {
    const { stdout } = await run('bash', [script, 'pid', String(node)])
    process.kill(Number(stdout), signal)
  },
}

/** Sees that all nodes run when the test is over, whatever became of it. */
export function restoreCassandra(...nodes: readonly number[]): void {
  onTestFinished(async () => {
    for (const node of nodes) {
      await cassandra.signal(node, 'SIGCONT').catch(() => {})
      await cassandra.start(node)
    }
  }, nodeMsMax)
}

export const secretKey = 'one key for all nodes of the tests, long enough'
export const clientId = 'test-credential'
export const clientSecret = 'a secret for tests'

/** The keyspace of all tests of the cluster: making tables takes seconds on three nodes. */
const keyspace = 'test_cluster'

const allHosts = '127.0.0.1,127.0.0.2,127.0.0.3'

/** The URL of a keyspace; of that of all tests, on three nodes, unless told otherwise. */
export function storeUrl(name: string = keyspace, hosts = allHosts): string {
  return `cassandra://${hosts}/${name}?datacenter=dc1`
}

/** Makes the tables, unless they are there. */
export async function makeTables(datacenter = 'dc1', host = '127.0.0.1'): Promise<void> {
  await migrate({ hosts: [host], keyspace, datacenter, consistency: 'local_quorum' })
}

interface GivenNode {
  readonly datacenter?: string
  /** Nodes of Cassandra that it begins with. */
  readonly hosts?: string
  /** URL of its store, in place of the one of all tests. */
  readonly store?: string
  /** Port that it listens on; a free one unless given. */
  readonly port?: number
  readonly settings?: Readonly<Record<string, string>>
  /** Folder of another build than the one under test. */
  readonly build?: string | undefined
}

/** Starts a node of Silhouette. */
export function startNode({
  datacenter = 'dc1',
  hosts = allHosts,
  store = `cassandra://${hosts}/${keyspace}?datacenter=${datacenter}`,
  port = 0,
  settings = {},
  build,
}: GivenNode = {}): Promise<Server> {
  return startServer({
    build,
    flags: ['--port', String(port)],
    settings: {
      STORE_URL: store,
      SECRET_KEY: secretKey,
      API_CLIENT_ID: clientId,
      API_CLIENT_SECRET: clientSecret,
      LOG_LEVEL: 'error',
      ...settings,
    },
  })
}

/** Starts nodes one after the other. */
export async function startNodes(count: number, given: GivenNode = {}): Promise<Server[]> {
  const nodes: Server[] = []
  for (let i = 0; i < count; i++) nodes.push(await startNode(given))
  return nodes
}

/** Calls the Admin API of a node as a system admin. */
export async function adminCaller(url: string) {
  const body = new URLSearchParams({
    grant_type: 'client_credentials',
    client_id: clientId,
    client_secret: clientSecret,
  })
  const { access_token: token } = JSON.parse(
    (await call(`${url}/ims/token/v3`, { method: 'POST', body })).text,
  )
  return (node: string, method: string, address: string, json?: unknown): Promise<Reply> =>
    call(`${node}/demo/target/${address}`, {
      method,
      headers: {
        authorization: `Bearer ${token}`,
        'x-api-key': clientId,
        ...(json !== undefined && { 'content-type': 'application/json' }),
      },
      ...(json !== undefined && { body: JSON.stringify(json) }),
    })
}

/** Waits until a node says that it is ready. */
export async function ready(url: string, limitMs = 30_000): Promise<void> {
  await waitFor(
    `${url} to be ready`,
    async () => {
      const reply = await call(`${url}/readyz`).catch(() => undefined)
      return reply?.status === 200 ? true : undefined
    },
    { limitMs, everyMs: 100 },
  )
}

/** Does work for each item, some at a time. */
export async function inParallel<Item>(
  items: readonly Item[],
  atOnce: number,
  work: (item: Item) => Promise<void>,
): Promise<void> {
  const queue = items.values()
  const worker = async () => {
    for (const item of queue) await work(item)
  }
  await Promise.all(Array.from({ length: atOnce }, worker))
}
