import { spawnSync } from 'node:child_process'
import { readdirSync, rmSync, statSync } from 'node:fs'
import path from 'node:path'
import { fileURLToPath } from 'node:url'
import { allKnown, requireNone } from '../scripts/cassandra.ts'
import { migrate } from '../src/store/cassandra/schema.ts'
import type { Bench } from './bench.ts'
import { idOf, sampleIds, writeBatch } from './harness/facts.ts'
import { inTurns, median, ratios, withSpread, type Rounds } from './harness/figures.ts'
import { load } from './harness/load.ts'
import { startPeerProgram, type PeerProgram } from './harness/peer-program.ts'
import {
  checksum,
  cpuMs,
  digest,
  places,
  startOn,
  startSilhouette,
  timeBatch,
  type Running,
} from './harness/service.ts'

const root = fileURLToPath(new URL('../', import.meta.url))

const hosts = '127.0.0.1,127.0.0.2,127.0.0.3'

/** Calls, or the bare driver's statements, that are under way at a time. */
const connections = 36

/** The same for the rows of a batch: as many as an engineer would let the driver have. */
const rowsAtOnce = 128

/** Profiles that updates go to in turns. */
const profiles = 1_000

const sampled = 200

/** Rows of a batch: three replicas on two cores take a thousandth of what the embedded store does. */
const rowsInFull = 10_000

/**
 * Updates and a batch through one, two and three nodes on a cluster of three, all on this machine, beside
 * the driver alone and the embedded store.
 */
export async function benchCluster(bench: Bench): Promise<void> {
  const { report } = bench
  report.title('A cluster of three Cassandra nodes on this machine, three replicas, LOCAL_QUORUM')
  report.say(
    'Its nodes, those of Silhouette and what sends the requests share the cores: ratios say what the',
  )
  report.say('service adds to the driver; rates, and what more nodes bring, are those of this machine.')
  report.say('Commit logs are flushed each second on both sides, which share the cluster.')
  requireNone('The bench')
  try {
    cassandra('up', '--nodes', '3')
    await allKnown(3)
    for (const keyspace of ['bench_ours', 'bench_raw']) {
      await migrate({ hosts: ['127.0.0.1'], keyspace, datacenter: 'dc1', consistency: 'local_quorum' })
    }
    await measure(bench)
  } finally {
    cassandra('down')
  }
}

/** Runs a command of the script. @returns what it printed */
function cassandra(...command: readonly string[]): string {
  const script = path.join(root, 'scripts/cassandra.sh')
  const { status, stdout } = spawnSync('bash', [script, ...command], {
    stdio: ['ignore', 'pipe', 'inherit'],
    encoding: 'utf8',
  })
  if (status !== 0) throw new Error(`scripts/cassandra.sh ${command.join(' ')} failed; see above`)
  return stdout
}

/** What came of the contenders at some number of nodes, a number a round. */
interface Measured {
  readonly nodes: number
  readonly ours: Rounds
  readonly raw: Rounds
  readonly rawReading: Rounds
}

async function measure(bench: Bench) {
  const { report, folder } = bench
  const raw = await startPeerProgram('raw-cassandra', hosts, 'bench_raw')
  const embedded = await startSilhouette(path.join(folder, 'embedded'))
  const updates: Measured[] = []
  const batches: Measured[] = []
  const alone: number[] = []
  const costs: string[][] = []
  const rows = bench.isQuick ? bench.rows : rowsInFull
  const files = new Files(folder, rows)
  const known = { file: await files.write(0), rows }
  await timeBatch(embedded.url, known)
  for (let nodes = 1; nodes <= 3; nodes++) {
    const running = await startNodes(nodes)
    const urls = running.map(({ url }) => url)
    const turns = { ...bench, urls, raw, files, rows }
    if (nodes === 1) await timeBatch(urls[0]!, known)
    // Neither the driver nor the service is compared before its code is compiled.
    await compareBatches({ ...turns, rounds: 1 })
    await compareUpdates({ ...turns, rounds: 1, seconds: bench.isQuick ? 1 : 15 })
    batches.push({ nodes, ...(await compareBatches(turns)) })
    updates.push({ nodes, ...(await compareUpdates(turns)) })
    if (nodes === 1) costs.push(...(await measureCosts(turns, running[0]!)))
    if (nodes === 3) {
      for (let i = 0; i < bench.rounds; i++) alone.push(await sendUpdates([embedded.url], bench.seconds))
      await compareFacts(bench, { url: urls[0]!, raw, files })
    }
    for (const node of running) await node.stop()
  }
  tell(report, `Updates a second, ${connections} at a time`, updates)
  report.say(`\nThe embedded store takes ${median(alone).toFixed(0)} a second.`)
  tell(report, `Rows a second of a batch of ${rows} × 5 cells, upload begins → complete`, batches)
  report.say('\n### Processor time with one node, and disk\n')
  report.table(['ms of', 'Silhouette', 'three Cassandra nodes together'], costs)
  for (const one of [raw, embedded]) await one.stop()
  tellDisk(report, files)
  rmSync(path.join(folder, 'embedded'), { recursive: true, force: true })
}

async function startNodes(count: number): Promise<Running[]> {
  const nodes: Running[] = []
  for (let i = 0; i < count; i++) {
    nodes.push(await startOn(`cassandra://${hosts}/bench_ours?datacenter=dc1`))
  }
  return nodes
}

interface Turns extends Bench {
  readonly urls: readonly string[]
  readonly raw: PeerProgram
  readonly files: Files
}

const values = { tier: 'gold', store: '7', value: '120.50', note: 'a value like others' }
const set = Object.entries(values)
  .map(([name, value]) => `profile.${name}=${encodeURIComponent(value)}`)
  .join('&')
const ids = Array.from({ length: profiles }, (_unused, i) => idOf(i))

async function compareUpdates({ urls, raw, rounds, seconds }: Turns) {
  const alone = (readFirst: boolean) => async () =>
    perSecondOf(
      await raw.ask({ order: 'updates', ids, values, seconds, concurrency: connections, readFirst }),
    )
  const { ours, rawReading, ...rest } = await inTurns<string, number>(rounds, {
    ours: () => sendUpdates(urls, seconds),
    raw: alone(false),
    rawReading: alone(true),
  })
  return { ours: ours ?? [], raw: rest['raw'] ?? [], rawReading: rawReading ?? [] }
}

/** What a fetch, an update and a row of a batch take of the processor. */
async function measureCosts({ urls, files, rows, seconds }: Turns, { process: child }: Running) {
  const pids = [1, 2, 3].map((node) => Number(cassandra('pid', String(node))))
  const sum = () => pids.reduce((all, pid) => all + cpuMs(pid), 0)
  const cost = async (name: string, work: () => Promise<number>) => {
    const [own, theirs] = [cpuMs(child.pid!), sum()]
    const count = await work()
    return [name, ...[cpuMs(child.pid!) - own, sum() - theirs].map((ms) => (ms / count).toFixed(2))]
  }
  const fetches = () => send(urls, ids.map(places.silhouette.fetch), seconds)
  await fetches()
  return [
    await cost('a fetch', async () => (await fetches()) * seconds),
    await cost('an update', async () => (await sendUpdates(urls, seconds)) * seconds),
    await cost('a row of a batch', async () => {
      await timeBatch(urls[0]!, { file: await files.write(files.nextStored()), rows })
      return rows
    }),
  ]
}

/** The connections are shared out among the nodes. @returns updates a second of all */
async function sendUpdates(urls: readonly string[], seconds: number): Promise<number> {
  return send(
    urls,
    ids.map((id) => places.silhouette.update(id, set)),
    seconds,
  )
}

async function send(urls: readonly string[], paths: readonly string[], seconds: number): Promise<number> {
  const share = connections / urls.length
  const loads = await Promise.all(urls.map((url) => load({ url, paths, connections: share, seconds })))
  return loads.reduce((sum, { perSecond }) => sum + perSecond, 0)
}

/** Each batch has ids of its own: all of them make new profiles. */
async function compareBatches({ urls, raw, rounds, rows, files }: Turns) {
  const alone = (readFirst: boolean) => async () => {
    const file = await files.write(files.next())
    return perSecondOf(await raw.ask({ order: 'batch', file, concurrency: rowsAtOnce, readFirst }))
  }
  const { ours, rawReading, ...rest } = await inTurns<string, number>(rounds, {
    ours: async () => {
      const { totalMs } = await timeBatch(urls[0]!, { file: await files.write(files.nextStored()), rows })
      return rows / (totalMs / 1_000)
    },
    raw: alone(false),
    rawReading: alone(true),
  })
  return { ours: ours ?? [], raw: rest['raw'] ?? [], rawReading: rawReading ?? [] }
}

/** Batch files of which no two have an id in common. */
class Files {
  readonly #folder: string
  readonly #rows: number
  #last = 0
  /** Profiles that Silhouette was given; the first file is what it begins with. */
  stored: number

  constructor(folder: string, rows: number) {
    this.#folder = folder
    this.#rows = rows
    this.stored = rows
  }

  next(): number {
    return ++this.#last
  }

  /** The next one, which Silhouette takes. */
  nextStored(): number {
    this.stored += this.#rows
    return this.next()
  }

  async write(number: number): Promise<string> {
    const file = path.join(this.#folder, 'rows.txt')
    await writeBatch(file, this.facts(number))
    return file
  }

  facts(number: number) {
    return { rows: this.#rows, order: 'random', first: number * this.#rows } as const
  }
}

/** Gives one batch to both, and reads some of it from both. */
async function compareFacts(
  { report }: Bench,
  { url, raw, files }: { url: string; raw: PeerProgram; files: Files },
) {
  const number = files.nextStored()
  const file = await files.write(number)
  const facts = files.facts(number)
  await timeBatch(url, { file, rows: facts.rows })
  await raw.ask({ order: 'batch', file, concurrency: rowsAtOnce, readFirst: false })
  const some = sampleIds(facts, sampled)
  const ours = await checksum(url, places.silhouette.fetch, some)
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- written by raw-cassandra.mjs
  const theirs = digest((await raw.ask({ order: 'read', ids: some })) as [string, Record<string, string>][])
  if (ours !== theirs) throw new Error(`the facts differ: ${ours} and ${theirs}`)
  report.say(`\nBoth hold the same facts: checksum ${ours} over ${sampled} profiles.`)
}

/** What the profiles take on one node: each has a copy of all. */
function tellDisk(report: Bench['report'], files: Files) {
  // A node that stops writes out what it has in memory.
  cassandra('stop', '1')
  const folder = path.join(root, '.cassandra/node1/data/bench_ours')
  const name = readdirSync(folder).find((one) => one.startsWith('profiles-')) ?? ''
  const table = path.join(folder, name)
  const sizes = readdirSync(table).map((file) => statSync(path.join(table, file)))
  const bytes = sizes.reduce((sum, file) => sum + (file.isFile() ? file.size : 0), 0)
  const each = (bytes / files.stored).toFixed(0)
  report.say(`\n${files.stored} profiles of five attributes take ${each} bytes each on a node,`)
  report.say('compressed and with their indexes; each node here has a copy of all.')
}

function perSecondOf(result: unknown): number {
  return Number(Reflect.get(Object(result), 'perSecond'))
}

function tell(report: Bench['report'], title: string, measured: readonly Measured[]) {
  report.say(`\n### ${title}\n`)
  report.table(
    [
      'nodes',
      'Silhouette',
      'the driver, writing alone',
      '… reading first',
      'Silhouette beside writing alone',
      '… beside reading first',
    ],
    measured.map(({ nodes, ours, raw, rawReading }) => [
      String(nodes),
      median(ours).toFixed(0),
      median(raw).toFixed(0),
      median(rawReading).toFixed(0),
      withSpread(ratios(ours, raw)),
      withSpread(ratios(ours, rawReading)),
    ]),
  )
}
