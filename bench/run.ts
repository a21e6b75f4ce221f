import { chmodSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { fileURLToPath } from 'node:url'
import { benchBatch } from './batch.ts'
import type { Bench } from './bench.ts'
import { benchCluster } from './cluster.ts'
import { tellDatabases } from './harness/databases.ts'
import { Report } from './harness/report.ts'
import { benchLive } from './live.ts'
import { benchRequests } from './requests.ts'
import { benchWorkers } from './workers.ts'
import { benchDisk, benchGrowth, benchSpace, benchUpload } from './resources.ts'

/**
 * Measures the service beside its peers and its limits, everything in one run and in turns.
 *
 * Arguments name the benches to run; without any, all that need nothing but Debian's packages.
 * `--quick` is a smoke run with tiny sizes, which writes no report. @see CONTRIBUTING.md
 */
const benches: Readonly<Record<string, (bench: Bench) => Promise<void>>> = {
  disk: benchDisk,
  batch: benchBatch,
  requests: benchRequests,
  workers: benchWorkers,
  live: benchLive,
  upload: benchUpload,
  space: benchSpace,
  growth: benchGrowth,
}

/** Those that need more than others, and run when they are named. Each has a report of its own. */
const apart: typeof benches = { cluster: benchCluster }

const isQuick = process.argv.includes('--quick')
const wanted = process.argv.slice(2).filter((argument) => argument !== '--quick')
const all = { ...benches, ...apart }
const unknown = wanted.filter((name) => !Object.hasOwn(all, name))
if (unknown.length > 0) {
  process.stderr.write(
    `There is no bench ${unknown.join(', ')}; there are ${Object.keys(all).join(', ')}, and --quick.\n`,
  )
  process.exit(2)
}

const folder = mkdtempSync(path.join(tmpdir(), 'silhouette-bench-'))
// PostgreSQL's own user must pass through it.
chmodSync(folder, 0o711)
const report = new Report()
const sizes = isQuick ? { rounds: 1, rows: 2_000, seconds: 1 } : { rounds: 5, rows: 500_000, seconds: 4 }
const isApart = wanted.length > 0 && wanted.every((name) => Object.hasOwn(apart, name))
report.begin(versions())
if (!isApart) tellDatabases(report)
try {
  for (const [name, run] of Object.entries(wanted.length === 0 ? benches : all)) {
    if (wanted.length === 0 || wanted.includes(name)) await run({ report, folder, isQuick, ...sizes })
  }
} finally {
  rmSync(folder, { recursive: true, force: true })
}
// A part of the benches must not replace the figures of all.
const results = fileURLToPath(new URL('results/', import.meta.url))
if (!isQuick && wanted.length === 0) report.write(results, 'latest')
if (!isQuick && isApart) report.write(results, wanted.join('-'))

function versions(): Record<string, string> {
  const of = (file: string) => String(Reflect.get(readJson(file), 'version'))
  return Object.fromEntries(
    ['fastify', 'lmdb', 'cassandra-driver'].map((name) => [name, of(`../node_modules/${name}/package.json`)]),
  )
}

function readJson(file: string): object {
  return Object(JSON.parse(readFileSync(fileURLToPath(new URL(file, import.meta.url)), 'utf8')))
}
