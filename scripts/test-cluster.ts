import { execFileSync, spawn, spawnSync, type ChildProcess } from 'node:child_process'
import { existsSync, mkdirSync, rmSync, symlinkSync } from 'node:fs'
import path from 'node:path'
import { parseArgs } from 'node:util'
import { migrate } from '../src/store/cassandra/schema.ts'
import { allKnown, requireNone } from './cassandra.ts'

const usage = `Runs the contract of stores and the tests of the cluster on real ones, which it starts
and stops.

  npm run test:cluster                 all of it
  npm run test:cluster -- --small      with smaller batches, for each change
  npm run test:cluster -- --full       full sizes
  npm run test:cluster -- --contract   one part alone: on one node,
  npm run test:cluster -- --cluster    on three, some of which are stopped,
  npm run test:cluster -- --regions    on two data centres, which are cut apart,
  npm run test:cluster -- --secured    or on one that asks for passwords and speaks TLS alone
  npm run test:cluster -- store-away   the files whose path holds that text, on three nodes

--previous=REF names the version that a rolling upgrade begins with: the last tag unless given. As
long as there is none, that is the build under test.
`

const { flags, filters } = readArguments()

/** Rows of the batch during which nodes die: the most that an upload may have, in full. */
const batchRows = flags.full ? 500_000 : flags.small ? 10_000 : 30_000
/** How long a node hangs, s. */
const hangSeconds = flags.small ? 8 : 30

/** A cluster, and what is tested on it. */
interface Part {
  readonly nodes: number
  readonly datacenters: number
  /** Those whose tables are made before. */
  readonly keyspaces: readonly string[]
  readonly isSecured?: boolean
  readonly tests: readonly string[]
}

/** The contract takes three times as long on three nodes: at each change it runs on one. */
const contract: Part = {
  nodes: flags.full ? 3 : 1,
  datacenters: 1,
  keyspaces: ['test_contract'],
  tests: ['test/contract', 'test/flows', 'test/one-node'],
}
const cluster: Part = {
  nodes: 3,
  datacenters: 1,
  keyspaces: ['test_contract', 'test_cluster'],
  tests: filters.length > 0 ? filters : ['test/cluster'],
}
const regions: Part = {
  nodes: 2,
  datacenters: 2,
  keyspaces: ['test_cluster'],
  tests: ['test/regions'],
}

const secured: Part = {
  nodes: 1,
  datacenters: 1,
  keyspaces: [],
  isSecured: true,
  tests: ['test/secured'],
}

let previous: string | undefined
let running: ChildProcess | undefined
// Nodes outlive this process unless they are told to end, as when its time is over.
for (const signal of ['SIGTERM', 'SIGINT'] as const) {
  process.once(signal, () => {
    // Whoever tests would start nodes again that it had stopped.
    running?.kill('SIGKILL')
    void script('down').finally(() => process.exit(1))
  })
}
process.exitCode = await main()

/** Each part is run, also after one that failed. */
async function main(): Promise<number> {
  requireNone('npm run test:cluster')
  previous = buildOf(flags.previous ?? lastTag())
  let code = 0
  for (const part of chosen()) code = Math.max(code, await test(part))
  return code
}

function chosen(): readonly Part[] {
  if (filters.length > 0) return [cluster]
  const named = [
    flags.contract && contract,
    flags.cluster && cluster,
    flags.regions && regions,
    flags.secured && secured,
  ].filter((part) => typeof part === 'object')
  return named.length > 0 ? named : [contract, cluster, regions, secured]
}

function readArguments() {
  const flag = { type: 'boolean', default: false } as const
  try {
    const { values, positionals } = parseArgs({
      allowPositionals: true,
      options: {
        help: { ...flag, short: 'h' },
        small: flag,
        full: flag,
        contract: flag,
        cluster: flag,
        regions: flag,
        secured: flag,
        previous: { type: 'string' },
      },
    })
    if (!values.help) return { flags: values, filters: positionals }
    process.stdout.write(usage)
    return process.exit(0)
  } catch (error) {
    process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n\n${usage}`)
    return process.exit(2)
  }
}

async function test({ tests, ...wanted }: Part): Promise<number> {
  try {
    await start(wanted)
    return await vitest(tests)
  } finally {
    await script('down')
  }
}

/** Starts so many nodes, and makes the tables: that takes seconds, longer than a test may wait. */
async function start({ nodes, datacenters, keyspaces, isSecured = false }: Omit<Part, 'tests'>) {
  const size = ['--nodes', String(nodes), '--datacenters', String(datacenters)]
  const security = isSecured ? ['--auth', '--tls'] : []
  if ((await script('up', ...size, ...security)) !== 0) throw new Error('there is no cluster')
  if (nodes > 1) await allKnown(nodes)
  for (const keyspace of keyspaces) {
    await migrate({ hosts: ['127.0.0.1'], keyspace, datacenter: 'dc1', consistency: 'local_quorum' })
  }
}

function script(...command: readonly string[]): Promise<number> {
  return run('bash', ['scripts/cassandra.sh', ...command])
}

function vitest(what: readonly string[]): Promise<number> {
  // They share keyspaces, and some of them stop nodes.
  return run(process.execPath, ['node_modules/vitest/vitest.mjs', 'run', '--no-file-parallelism', ...what])
}

function run(command: string, given: readonly string[]): Promise<number> {
  const env = {
    ...process.env,
    CASSANDRA_HOST: '127.0.0.1',
    CLUSTER_BATCH_ROWS: String(batchRows),
    CLUSTER_HANG_SECONDS: String(hangSeconds),
    ...(previous !== undefined && { CLUSTER_PREVIOUS: previous }),
  }
  return new Promise((resolve, reject) => {
    const child = spawn(command, [...given], { stdio: 'inherit', env })
    running = child
    child.once('error', reject)
    child.once('exit', (code) => resolve(code ?? 1))
  })
}

/** The last release; `undefined` as long as there is none. */
function lastTag(): string | undefined {
  const { status, stdout } = spawnSync('git', ['describe', '--tags', '--abbrev=0'], { encoding: 'utf8' })
  return status === 0 ? stdout.trim() : undefined
}

/**
 * Builds the server of another version, with the packages of this one.
 *
 * @returns the folder of the build
 */
function buildOf(ref: string | undefined): string | undefined {
  if (ref === undefined) return undefined
  const commit = execFileSync('git', ['rev-parse', `${ref}^{commit}`], { encoding: 'utf8' }).trim()
  const sources = path.resolve('.cassandra', `version-${commit}`)
  const build = path.join(sources, 'dist')
  if (existsSync(path.join(build, 'main.js'))) return build
  rmSync(sources, { recursive: true, force: true })
  mkdirSync(sources, { recursive: true })
  const archive = execFileSync('git', ['archive', commit], { maxBuffer: 1 << 30 })
  execFileSync('tar', ['-x', '-C', sources], { input: archive })
  symlinkSync(path.resolve('node_modules'), path.join(sources, 'node_modules'))
  const tsc = path.resolve('node_modules/typescript/bin/tsc')
  // Types of the client, which the server does not need, are missing: what is built runs all the same.
  const built = spawnSync(process.execPath, [tsc, '-p', 'tsconfig.build.json'], { cwd: sources })
  if (!existsSync(path.join(build, 'main.js'))) throw new Error(`${ref} was not built (${built.status})`)
  return build
}
