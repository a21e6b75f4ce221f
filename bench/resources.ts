import {
  closeSync,
  fdatasyncSync,
  fsyncSync,
  openSync,
  readFileSync,
  rmSync,
  statSync,
  writeSync,
} from 'node:fs'
import path from 'node:path'
import { createWriteStream } from 'node:fs'
import { once } from 'node:events'
import type { Bench } from './bench.ts'
import { idOf, writeBatch } from './harness/facts.ts'
import { median, ratios, withSpread } from './harness/figures.ts'
import { load } from './harness/load.ts'
import {
  anonymousBytes,
  places,
  startSilhouette,
  timeBatch,
  upload,
  untilComplete,
} from './harness/service.ts'

const mebibyte = 2 ** 20

/** Memory, disk and time of an upload, beside what the disk itself takes. */
export async function benchUpload({ report, folder, rounds, isQuick }: Bench): Promise<void> {
  const file = path.join(folder, 'upload.txt')
  const rows = isQuick ? 2_000 : 400_000
  const bytes = await writeWideBatch(file, { rows, bytesMax: isQuick ? 300_000 : 52_400_000 })
  const directory = path.join(folder, 'upload')
  const { url, process: server, stop } = await startSilhouette(directory)
  const pid = server.pid ?? 0
  // What the first upload warms up stays.
  await untilApplied(url, await upload(url, { file, rows }))
  const idle = anonymousBytes(pid)
  const body = readFileSync(file)
  let peak = 0
  const accepted: number[] = []
  const disk: number[] = []
  for (let round = 0; round < rounds; round++) {
    disk.push(timeDisk(file, path.join(folder, 'copy')))
    const watch = setInterval(() => (peak = Math.max(peak, anonymousBytes(pid))), 20)
    const startedMs = performance.now()
    const status = await upload(url, { file, rows }, body)
    accepted.push(performance.now() - startedMs)
    clearInterval(watch)
    await untilApplied(url, status)
  }
  await stop()
  rmSync(directory, { recursive: true })
  report.title(`Upload of ${(bytes / mebibyte).toFixed(1)} MiB`)
  report.table(
    ['', ''],
    [
      ['accepted after', `${withSpread(accepted, 0)} ms`],
      ['writing the same bytes with fsync, and scanning them once', `${withSpread(disk, 0)} ms`],
      ['ratio', withSpread(ratios(accepted, disk))],
      ['anonymous memory above idle while it is taken', `${((peak - idle) / mebibyte).toFixed(0)} MiB`],
    ],
  )
}

async function untilApplied(_url: string, status: string): Promise<void> {
  const text = await (await fetch(`${status}&showDetails=true`)).text()
  const rows = Number(/<batchSize>(\d+)</.exec(text)?.[1])
  await untilComplete(status, { file: '', rows })
}

/** Rows of one long cell, up to a size that an upload must stay below. */
async function writeWideBatch(file: string, { rows, bytesMax }: { rows: number; bytesMax: number }) {
  const out = createWriteStream(file)
  const header = 'batch=thirdPartyId,segments\n'
  const cell = 'x'.repeat(Math.floor((bytesMax - header.length) / rows) - 20)
  out.write(header)
  for (let i = 0; i < rows; i++) if (!out.write(`${idOf(i)},${cell}\n`)) await once(out, 'drain')
  out.end()
  await once(out, 'finish')
  return statSync(file).size
}

/** Milliseconds of writing a file's bytes to disk, and of looking at each byte once. */
function timeDisk(from: string, to: string): number {
  const bytes = readFileSync(from)
  const startedMs = performance.now()
  const file = openSync(to, 'w')
  for (let at = 0; at < bytes.length; at += 65_536) writeSync(file, bytes.subarray(at, at + 65_536))
  fsyncSync(file)
  closeSync(file)
  let lines = 0
  for (let i = 0; i < bytes.length; i++) if (bytes[i] === 10) lines++
  const tookMs = performance.now() - startedMs
  if (lines === 0) throw new Error('the file was not scanned')
  rmSync(to)
  return tookMs
}

/** What one thousand flushes of a page take: the limit of every durable write that waits for its own. */
export async function benchDisk({ report, folder, isQuick }: Bench): Promise<void> {
  const file = path.join(folder, 'flush')
  const handle = openSync(file, 'w')
  const page = Buffer.alloc(4096, 1)
  const flushes = isQuick ? 20 : 1_000
  const startedMs = performance.now()
  for (let i = 0; i < flushes; i++) {
    writeSync(handle, page, 0, page.length, 0)
    fdatasyncSync(handle)
  }
  const perSecond = (flushes * 1000) / (performance.now() - startedMs)
  closeSync(handle)
  report.title('The disk')
  report.say(
    `One after the other, ${perSecond.toFixed(0)} pages a second are written and flushed (fdatasync).`,
  )
}

/** Uploads that the profiles of `benchSpace` come in. */
const spaceParts = 4

/** Memory at rest and after many profiles, and what they take on disk. */
export async function benchSpace({ report, folder, isQuick }: Bench): Promise<void> {
  const rows = isQuick ? 5_000 : 1_000_000
  const directory = path.join(folder, 'space')
  const { url, process: server, stop } = await startSilhouette(directory)
  const pid = server.pid ?? 0
  const idle = anonymousBytes(pid)
  const file = path.join(folder, 'space.txt')
  // What the first upload warms up is no matter of how many profiles there are.
  const few = rows / 1_000
  await writeEightCells(file, { rows: few, first: 0 })
  await timeBatch(url, { file, rows: few })
  const heapBefore = await heapBytes(url)
  // All of them at once are more than an upload may have.
  const part = rows / spaceParts
  let facts = 0
  for (let first = 0; first < rows; first += part) {
    facts += await writeEightCells(file, { rows: part, first })
    await timeBatch(url, { file, rows: part })
  }
  const heapAfter = await heapBytes(url)
  await stop()
  const stored = statSync(path.join(directory, 'data.mdb')).blocks * 512
  rmSync(directory, { recursive: true })
  report.title(`Memory and disk, ${rows} profiles of 8 attributes`)
  const mib = (bytes: number) => `${(bytes / mebibyte).toFixed(0)} MiB`
  report.table(
    ['', ''],
    [
      ['anonymous memory (RssAnon), idle', mib(idle)],
      [
        'heap before, and after they were loaded (after a collection)',
        `${mib(heapBefore)}, ${mib(heapAfter)}`,
      ],
      ['names and values', mib(facts)],
      ['on disk', `${mib(stored)}: ${(stored / facts).toFixed(2)} × as much`],
    ],
  )
}

/** Live heap of the listening process: the least of some readings, each after a moment of traffic. */
async function heapBytes(url: string): Promise<number> {
  const readings: number[] = []
  for (let i = 0; i < 200; i++) {
    const text = await (await fetch(`${url}/metrics`)).text()
    readings.push(Number(/^nodejs_heap_size_used_bytes (\S+)$/m.exec(text)?.[1]))
  }
  return Math.min(...readings)
}

/** Writes profiles of eight attributes; returns the bytes of their names and values. */
async function writeEightCells(
  file: string,
  { rows, first }: { rows: number; first: number },
): Promise<number> {
  const names = ['tier', 'store', 'value', 'segment', 'last_visit', 'city', 'newsletter', 'score']
  const out = createWriteStream(file)
  let bytes = 0
  out.write(`batch=thirdPartyId,${names.join(',')}\n`)
  for (let i = 0; i < rows; i++) {
    const n = first + ((i * 7_919) % rows)
    const cells = [
      'gold',
      `${n % 900}`,
      `${n * 3}.50`,
      `segment-${n % 70}`,
      '2026-11-05',
      'Amsterdam',
      'yes',
      `${n % 101}`,
    ]
    for (const [at, cell] of cells.entries()) bytes += (names[at] ?? '').length + cell.length
    if (!out.write(`${idOf(n)},${cells.join(',')}\n`)) await once(out, 'drain')
  }
  out.end()
  await once(out, 'finish')
  return bytes
}

/** Time per row and latency of a fetch while the store grows, and the start of the grown store. */
export async function benchGrowth({ report, folder, rows, isQuick, seconds }: Bench): Promise<void> {
  const sizes = isQuick ? [1, 2] : [100_000, 1_000_000, 10_000_000].map((size) => Math.ceil(size / rows))
  const directory = path.join(folder, 'growth')
  const file = path.join(folder, 'growth.txt')
  let running = await startSilhouette(directory)
  const perRowUs: number[] = []
  const scatteredUs: number[] = []
  const p99: number[] = []
  let parts = 0
  for (const size of sizes) {
    const times: number[] = []
    for (; parts < size; parts++) {
      await writeBatch(file, { rows, order: 'random', first: parts * rows })
      times.push((await timeBatch(running.url, { file, rows })).totalMs)
    }
    perRowUs.push((median(times.slice(-3)) * 1000) / rows)
    await writeBatch(file, { rows, order: 'random', stride: parts, turn: parts })
    scatteredUs.push(((await timeBatch(running.url, { file, rows })).totalMs * 1000) / rows)
    const paths = Array.from({ length: 1_000 }, (_unused, i) =>
      places.silhouette.fetch(idOf(Math.floor((i * parts * rows) / 1_000))),
    )
    p99.push((await load({ url: running.url, paths, connections: 32, seconds })).latencyMs[99])
  }
  await running.stop()
  const startedMs = performance.now()
  running = await startSilhouette(directory)
  const listeningMs = performance.now() - startedMs
  await running.stop()
  rmSync(directory, { recursive: true })
  const names = sizes.map((size) => `${((size * rows) / 1e6).toFixed(1)} M`)
  report.title('Growth')
  const relative = (values: readonly number[]) =>
    values.map((value) => `${value.toFixed(1)} (${(value / (values[0] ?? 1)).toFixed(2)} ×)`)
  report.table(
    ['profiles', ...names],
    [
      ['µs a new row', ...relative(perRowUs)],
      ['µs a row over existing ones, scattered', ...relative(scatteredUs)],
      ['p99 ms of a fetch', ...relative(p99)],
    ],
  )
  report.say(
    `\nStarted with ${names.at(-1)} profiles, the server listens after ${listeningMs.toFixed(0)} ms.`,
  )
  report.plot({
    name: 'growth',
    title: 'Time of a batch row as the store grows',
    unit: 'µs',
    places: names,
    lines: { 'new rows': perRowUs, 'existing, scattered': scatteredUs },
  })
}
