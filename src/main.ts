import cluster from 'node:cluster'
import { fileURLToPath } from 'node:url'
import type { Logger } from 'pino'
import { startBatchLoop, startBatchThread, type BatchRunner } from './batch-thread.ts'
import { readConfig, type Config } from './config.ts'
import { ensureAccounts } from './domain/accounts/first-start.ts'
import { requireWholeStore } from './domain/copies.ts'
import { watchStore, type StoreReport } from './domain/watched-store.ts'
import { Metrics } from './http/metrics.ts'
import { addReadings } from './http/routes/metrics.ts'
import { Tls } from './http/tls.ts'
import { packageVersion } from './lib/version.ts'
import { listenForShutdown, type Shutdown } from './lib/shutdown.ts'
import { nameOfNode, openLog } from './log.ts'
import { firstSecrets } from './first-secrets.ts'
import { startFlushing, startHousekeeping } from './housekeeping.ts'
import { warnOfOpenClients } from './open-clients.ts'
import { listen, reloadCertificate } from './listen.ts'
import { readSecretKey } from './secret-key.ts'
import { WorkerPool } from './workers/primary.ts'
import { serveAsWorker } from './workers/worker.ts'
import { addControl, buildContext, openStore } from './services.ts'

/** Exit codes of a start that did not succeed. */
const exitFailed = 1
const exitBadSettings = 2

if (cluster.isPrimary) await main()
else {
  const config = readSettings()
  if (config) await serveAsWorker(config)
}

/** Boot order: settings, store, secret key, first accounts, batches, HTTP; they end in the reverse order. */
async function main() {
  const config = readSettings()
  if (config === undefined) return
  const log = openLog(config)
  const shutdown = listenForShutdown({
    timeoutMs: (config.drainSeconds + config.shutdownSeconds) * 1000,
    report: (problem, cause) => log.error({ err: cause }, problem),
  })
  try {
    const url = await serve(config, log, shutdown)
    process.stdout.write(`listening on ${url}\n`)
  } catch (error) {
    process.stderr.write(`silhouette: ${error instanceof Error ? error.message : String(error)}\n`)
    await shutdown.begin(exitFailed)
  }
}

function readSettings(): Config | undefined {
  const reading = readConfig({ env: process.env, argv: process.argv.slice(2) })
  if (reading.kind === 'config') return reading.config
  if (reading.kind === 'help') process.stdout.write(reading.text)
  else {
    for (const { name, message } of reading.faults) process.stderr.write(`silhouette: ${name} ${message}\n`)
    process.exitCode = exitBadSettings
  }
  return undefined
}

async function serve(config: Config, log: Logger, shutdown: Shutdown): Promise<string> {
  // A certificate that cannot be read ends the start before anything is made.
  const tls = config.tlsCert === '' ? undefined : new Tls(config)
  // A cluster's key is not made with its tables: without one there are to be none.
  if (config.storeUrl.kind === 'cassandra') readSecretKey(config)
  const metrics = new Metrics()
  metrics.addProcess()
  metrics.tellNode({ node: nameOfNode(config.nodeId), version: packageVersion() })
  const report = (of: StoreReport) => metrics.record(of)
  const notices = { info: (text: string) => log.info(text), warn: (text: string) => log.warn(text) }
  const store = watchStore(await openStore(config, { as: 'server', notices }), report)
  shutdown.add('the store', () => store.close())
  await requireWholeStore(store.documents)
  let batches: BatchRunner | undefined
  const batchAccepted = () => batches?.wake()
  const domain = buildContext(config, store, batchAccepted)
  const context = addControl(domain, readSecretKey(config))
  const client = await context.clients.ensure(config.defaultClient, config.profileLifetimeDays)
  const secrets = await ensureAccounts(context, client, firstAccounts(config))
  if (secrets) process.stdout.write(firstSecrets(secrets))
  // A store in memory belongs to this thread alone.
  batches =
    config.storeUrl.kind === 'memory' ? startBatchLoop(context, log) : startBatchThread(config, log, report)
  const runner = batches
  shutdown.add('the batches', () => runner.stop())
  shutdown.add('the housekeeping', startHousekeeping(context, log))
  await warnOfOpenClients(context, config.host, log)
  if (config.workers === 1) {
    shutdown.add('what was noted of callers', startFlushing(context, log))
    const { url, reload } = await listen({ config, log, shutdown, context, metrics })
    if (tls) process.on('SIGHUP', reload)
    return url
  }
  addReadings(metrics, context, tls)
  const program = fileURLToPath(import.meta.url)
  const pool = new WorkerPool({ count: config.workers, program, context, metrics, log, batchAccepted })
  shutdown.add('the workers', () => pool.stop())
  if (tls) {
    process.on('SIGHUP', () => {
      reloadCertificate(tls, log)
      pool.reload()
    })
  }
  return pool.start()
}

function firstAccounts(config: Config) {
  return {
    email: config.adminEmail,
    password: config.adminPassword,
    clientId: config.apiClientId,
    clientSecret: config.apiClientSecret,
    keyChanged: config.secretKeyChanged === 'yes',
  }
}
