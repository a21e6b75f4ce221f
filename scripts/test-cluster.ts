import { spawn } from 'node:child_process'
import { migrate } from '../src/store/cassandra/schema.ts'
import { Session } from '../src/store/cassandra/session.ts'

/**
 * Runs the contract of stores and the tests of the cluster on a real one, which it starts and stops:
 *
 *     npm run test:cluster                 sizes for each change
 *     npm run test:cluster -- --full       full sizes
 *     npm run test:cluster -- --contract   the contract alone, on one node
 *     npm run test:cluster -- store-away   the files whose path holds that text
 */
const args = process.argv.slice(2)
const isFull = args.includes('--full')
const isContractOnly = args.includes('--contract')
const filters = args.filter((argument) => !argument.startsWith('--'))

const contract = ['test/contract', 'test/flows']

process.exitCode = await main()

/** The contract takes three times as long on three nodes: at each change it runs on the first alone. */
async function main(): Promise<number> {
  // What another run left is not begun with.
  await cluster('down')
  try {
    if (filters.length === 0 && !isFull) {
      await start(1)
      const failed = await vitest(contract)
      if (failed !== 0 || isContractOnly) return failed
    }
    await start(3)
    if (filters.length > 0) return await vitest(filters)
    return await vitest(isFull ? [...contract, 'test/cluster'] : ['test/cluster'])
  } finally {
    await cluster('down')
  }
}

/** Starts so many nodes, and makes the tables: that takes seconds, longer than a test may wait. */
async function start(nodes: number) {
  if ((await cluster('up', '--nodes', String(nodes))) !== 0) throw new Error('there is no cluster')
  await allKnown(nodes)
  const keyspaces = nodes === 1 ? ['test_contract'] : ['test_contract', 'test_cluster']
  for (const keyspace of keyspaces) {
    await migrate({ hosts: ['127.0.0.1'], keyspace, datacenter: 'dc1', consistency: 'local_quorum' })
  }
}

/** Waits until the nodes know each other: a keyspace made before would have fewer replicas. */
async function allKnown(nodes: number) {
  for (let known = 0; known < nodes;) {
    const session = new Session(
      { hosts: ['127.0.0.1'], keyspace: '', datacenter: 'dc1', consistency: 'local_quorum' },
      { keyspace: false },
    )
    await session.connect()
    known = session.datacenters().get('dc1') ?? 0
    await session.close()
  }
}

function cluster(...command: readonly string[]): Promise<number> {
  return run('bash', ['scripts/cassandra.sh', ...command])
}

function vitest(what: readonly string[]): Promise<number> {
  // They share keyspaces, and some of them stop nodes.
  return run(process.execPath, ['node_modules/vitest/vitest.mjs', 'run', '--no-file-parallelism', ...what])
}

function run(command: string, given: readonly string[]): Promise<number> {
  const env = { ...process.env, CASSANDRA_HOST: '127.0.0.1', ...(isFull && { CLUSTER_FULL: 'yes' }) }
  return new Promise((resolve, reject) => {
    const child = spawn(command, [...given], { stdio: 'inherit', env })
    child.once('error', reject)
    child.once('exit', (code) => resolve(code ?? 1))
  })
}
