import { spawn, spawnSync, type ChildProcess } from 'node:child_process'
import {
  createReadStream,
  mkdirSync,
  mkdtempSync,
  openAsBlob,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs'
import { cpus, tmpdir } from 'node:os'
import path from 'node:path'
import { fileURLToPath } from 'node:url'
import autocannon from 'autocannon'
import { median, requireToken, startServer, stop, until, waitForPort } from './support.ts'

/**
 * Measures the service beside what bounds it, everything in one run and in turns.
 *
 * `--quick` is a smoke run with tiny sizes; other arguments name the benches to run.
 */
const isQuick = process.argv.includes('--quick')
const wanted = process.argv.slice(2).filter((argument) => !argument.startsWith('--'))
const rounds = isQuick ? 1 : 5
const rows = isQuick ? 5_000 : 500_000
const seconds = isQuick ? 1 : 5
const folder = mkdtempSync(path.join(tmpdir(), 'silhouette-bench-'))
const report: string[] = []

function say(line: string) {
  report.push(line)
  process.stdout.write(`${line}\n`)
}

/** Rows of five cells, ids in shuffled order (7919 shares no factor with the number of rows). */
function writeBatch(file: string) {
  const lines = Array.from({ length: rows }, (_unused, i) => {
    const id = String((i * 7919) % rows).padStart(8, '0')
    return `customer-${id},gold,${i % 900},${i * 3}.50,seg%20${i % 7},2026-11-0${i % 9}`
  })
  writeFileSync(file, `batch=thirdPartyId,tier,store,value,segment,last\n${lines.join('\n')}\n`)
}

/** The same facts as Redis commands. */
function writeRedisCommands(file: string, batch: string) {
  const [header = '', ...lines] = readFileSync(batch, 'utf8').trimEnd().split('\n')
  const names = header.split(',').slice(1)
  const command = (words: string[]) =>
    `*${words.length}\r\n${words.map((word) => `$${Buffer.byteLength(word)}\r\n${word}\r\n`).join('')}`
  const commands = lines.map((line) => {
    const [id = '', ...cells] = line.split(',')
    const fields = cells.flatMap((cell, i) => [names[i] ?? '', decodeURIComponent(cell)])
    return command(['HSET', `p:${id}`, ...fields]) + command(['PEXPIRE', `p:${id}`, '1209600000'])
  })
  writeFileSync(file, commands.join(''))
}

/** Milliseconds of splitting and percent-decoding every cell, nothing else. */
function timeParsing(file: string): number {
  const startedMs = performance.now()
  let cells = 0
  for (const line of readFileSync(file, 'latin1').split('\n')) {
    for (const cell of line.split(',')) cells += decodeURIComponent(cell).length > 0 ? 1 : 0
  }
  if (cells < rows * 6) throw new Error('the file was not parsed')
  return performance.now() - startedMs
}

async function timeBatch(url: string, file: string): Promise<{ uploadMs: number; applyMs: number }> {
  const startedMs = performance.now()
  const body = await openAsBlob(file)
  const reply = await fetch(`${url}/m2/demo/v2/profile/batchUpdate`, { method: 'POST', body })
  const status = /<batchStatus>(.*)<\/batchStatus>/.exec(await reply.text())?.[1] ?? ''
  const acceptedMs = performance.now()
  await until(async () => (await (await fetch(status)).text()).includes('<status>complete<'))
  const details = await (await fetch(`${status}&showDetails=true`)).text()
  if (!details.includes(`<successfulUpdates>${rows}<`))
    throw new Error(`not all rows were applied: ${details}`)
  return { uploadMs: acceptedMs - startedMs, applyMs: performance.now() - acceptedMs }
}

async function timeRedis(commands: string): Promise<number | undefined> {
  if (spawnSync('redis-server', ['--version']).status !== 0) return undefined
  const directory = mkdtempSync(path.join(folder, 'redis-'))
  const port = 20_000 + Math.floor(Math.random() * 20_000)
  const settings = [
    '--appendonly',
    'yes',
    '--appendfsync',
    'everysec',
    '--save',
    '',
    '--auto-aof-rewrite-percentage',
    '0',
  ]
  const place = ['--port', String(port), '--bind', '127.0.0.1', '--dir', directory]
  const server = spawn('redis-server', [...place, ...settings], { stdio: 'ignore' })
  await waitForPort(port)
  const startedMs = performance.now()
  const pipe = spawn('redis-cli', ['-p', String(port), '--pipe'], { stdio: ['pipe', 'ignore', 'inherit'] })
  createReadStream(commands).pipe(pipe.stdin)
  await new Promise((resolve) => pipe.on('exit', resolve))
  const tookMs = performance.now() - startedMs
  const size = spawnSync('redis-cli', ['-p', String(port), 'DBSIZE'])
    .stdout.toString()
    .trim()
  if (Number(size) !== rows) throw new Error(`Redis holds ${size} of ${rows} profiles`)
  await stop(server)
  return tookMs
}

async function benchBatch() {
  const batch = path.join(folder, 'batch.txt')
  const commands = path.join(folder, 'redis.txt')
  writeBatch(batch)
  writeRedisCommands(commands, batch)
  const first: number[] = []
  const again: number[] = []
  const redis: number[] = []
  const parsing: number[] = []
  for (let round = 0; round < rounds; round++) {
    const { server, url } = await startServer(path.join(folder, `batch-${round}`))
    const empty = await timeBatch(url, batch)
    const existing = await timeBatch(url, batch)
    await stop(server)
    first.push(empty.uploadMs + empty.applyMs)
    again.push(existing.uploadMs + existing.applyMs)
    const redisMs = await timeRedis(commands)
    if (redisMs !== undefined) redis.push(redisMs)
    parsing.push(timeParsing(batch))
  }
  const line = (what: string, times: number[]) => {
    const ratio = (other: number[]) =>
      other.length > 0 ? (median(other) / median(times)).toFixed(2) : 'not installed'
    const spread = `${Math.min(...times).toFixed(0)}–${Math.max(...times).toFixed(0)}`
    say(`| ${what} | ${median(times).toFixed(0)} | ${spread} | ${ratio(redis)} | ${ratio(parsing)} |`)
  }
  say(`\n## Batch of ${rows} rows × 5 cells, shuffled ids, upload begins → complete\n`)
  say('| | median ms | spread | speed ÷ redis-cli --pipe | speed ÷ parsing alone |')
  say('| --- | --- | --- | --- | --- |')
  line('into an empty store', first)
  line('again, over existing profiles', again)
  if (redis.length > 0) line('redis-cli --pipe (appendonly everysec)', redis)
  line('parsing alone', parsing)
}

async function load(url: string, connections: number, headers: Record<string, string> = {}) {
  const result = await autocannon({ url, connections, duration: seconds, headers })
  if (result.non2xx > 0 || result.errors > 0)
    throw new Error(`${url}: ${result.non2xx} refused, ${result.errors} failed`)
  return { perSecond: result.requests.average, p99: result.latency.p99 }
}

async function benchRequests() {
  const { server, url } = await startServer(path.join(folder, 'requests'))
  const bare = spawn(process.execPath, [fileURLToPath(new URL('peers/bare-fastify.mjs', import.meta.url))], {
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  const bareUrl = await new Promise<string>((resolve) =>
    bare.stdout?.once('data', (data: Buffer) => resolve(String(data).trim())),
  )
  const visit = {
    id: { thirdPartyId: 'c1' },
    context: { channel: 'web' },
    execute: { pageLoad: { profileParameters: { tier: 'gold', store: '7', ltv: '120.50' } } },
  }
  await fetch(`${url}/rest/v1/delivery?client=demo&sessionId=s`, {
    method: 'POST',
    body: JSON.stringify(visit),
  })
  const cases = {
    'bare Fastify, 32': () => load(bareUrl, 32),
    'fetch, 32': () => load(`${url}/rest/v1/profiles/thirdPartyId/c1?client=demo`, 32),
    'bare Fastify, 256': () => load(bareUrl, 256),
    'durable update, 32': () =>
      load(`${url}/m2/demo/profile/update?mbox3rdPartyId=c1&profile.tier=silver`, 32),
    'durable update, 256': () =>
      load(`${url}/m2/demo/profile/update?mbox3rdPartyId=c1&profile.tier=gold`, 256),
  }
  const results = new Map<string, { perSecond: number; p99: number }[]>()
  for (let round = 0; round < Math.min(rounds, 3); round++) {
    for (const [name, run] of Object.entries(cases))
      results.set(name, [...(results.get(name) ?? []), await run()])
  }
  say('\n## Requests (name, connections)\n')
  say('| | a second, median | p99 ms | ÷ bare Fastify |')
  say('| --- | --- | --- | --- |')
  for (const [name, runs] of results) {
    const perSecond = median(runs.map((run) => run.perSecond))
    const peer = results.get(name.endsWith('256') ? 'bare Fastify, 256' : 'bare Fastify, 32') ?? runs
    const ratio = perSecond / median(peer.map((run) => run.perSecond))
    say(`| ${name} | ${perSecond.toFixed(0)} | ${median(runs.map((run) => run.p99))} | ${ratio.toFixed(2)} |`)
  }
  await stop(bare)
  await benchLive(server, url)
}

/** What the check of a token costs: the same fetch of one server, in turns without and with it. */
async function benchToken() {
  const open = await startServer(path.join(folder, 'open'))
  const shut = await startServer(path.join(folder, 'shut'))
  const visit = JSON.stringify({ id: { thirdPartyId: 'c1' }, context: { channel: 'web' } })
  for (const { url } of [open, shut]) {
    await fetch(`${url}/rest/v1/delivery?client=demo&sessionId=s`, { method: 'POST', body: visit })
  }
  const headers = { authorization: `Bearer ${await requireToken(shut.url, 'demo')}` }
  const address = '/rest/v1/profiles/thirdPartyId/c1?client=demo'
  const without: number[] = []
  const checked: number[] = []
  const ratios: number[] = []
  for (let round = 0; round < rounds; round++) {
    const before = (await load(open.url + address, 32)).perSecond
    const after = (await load(shut.url + address, 32, headers)).perSecond
    without.push(before)
    checked.push(after)
    ratios.push(after / before)
  }
  say('\n## Checking the token, fetches at 32 connections\n')
  say('| | a second, median |')
  say('| --- | --- |')
  say(`| switch off, no token sent | ${median(without).toFixed(0)} |`)
  say(`| switch on, token sent | ${median(checked).toFixed(0)} |`)
  const spread = `${Math.min(...ratios).toFixed(2)}–${Math.max(...ratios).toFixed(2)}`
  say(`\nWith the switch on ${median(ratios).toFixed(3)} × as many (median of rounds, spread ${spread}).`)
  await stop(open.server)
  await stop(shut.server)
}

/** What callers notice of a batch: fetches and updates beside it, and at rest. */
async function benchLive(server: ChildProcess, url: string) {
  const batch = path.join(folder, 'live.txt')
  writeBatch(batch)
  const fetchUrl = `${url}/rest/v1/profiles/thirdPartyId/c1?client=demo`
  const updateUrl = `${url}/m2/demo/profile/update?mbox3rdPartyId=c1&profile.tier=bronze`
  const rest = { fetch: await load(fetchUrl, 16), update: await load(updateUrl, 16) }
  const applied = timeBatch(url, batch)
  const busy = await Promise.all([load(fetchUrl, 16), load(updateUrl, 16)])
  await applied
  say(`\n## Live while a batch of ${rows} rows is applied (16 connections each)\n`)
  say('| | p99 ms at rest | p99 ms beside the batch |')
  say('| --- | --- | --- |')
  say(`| fetch | ${rest.fetch.p99} | ${busy[0].p99} |`)
  say(`| durable update | ${rest.update.p99} | ${busy[1].p99} |`)
  await stop(server)
}

const benches = { batch: benchBatch, requests: benchRequests, token: benchToken }
say('# Benchmarks')
const machine = `${cpus().length} cores (${cpus()[0]?.model ?? 'unknown'})`
const today = new Date().toISOString().slice(0, 10)
say(`\nNode ${process.version}, ${machine}, ${today}, rounds: ${rounds}.`)
try {
  for (const [name, run] of Object.entries(benches))
    if (wanted.length === 0 || wanted.includes(name)) await run()
} finally {
  rmSync(folder, { recursive: true, force: true })
}
if (!isQuick) {
  const results = fileURLToPath(new URL('results/', import.meta.url))
  mkdirSync(results, { recursive: true })
  writeFileSync(path.join(results, 'latest.md'), `${report.join('\n')}\n`)
}
