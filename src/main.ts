import { fileURLToPath } from 'node:url'
import type { Logger } from 'pino'
import { buildApp } from './app.ts'
import { startBatchLoop, startBatchThread, type BatchRunner } from './batch-thread.ts'
import { readConfig, type Config } from './config.ts'
import { ensureAccounts } from './domain/accounts/first-start.ts'
import { requireWholeStore } from './domain/copies.ts'
import { watchStore, type StoreReport } from './domain/watched-store.ts'
import { Metrics } from './http/metrics.ts'
import { Tls } from './http/tls.ts'
import { Drain } from './lib/drain.ts'
import { packageVersion } from './lib/version.ts'
import { listenForShutdown, type Shutdown } from './lib/shutdown.ts'
import { nameOfNode, openLog } from './log.ts'
import { firstSecrets } from './first-secrets.ts'
import { startHousekeeping } from './housekeeping.ts'
import { warnOfOpenClients } from './open-clients.ts'
import { readSecretKey } from './secret-key.ts'
import { addControl, buildContext, openStore, singleSignOnOf } from './services.ts'

/** Exit codes of a start that did not succeed. */
const exitFailed = 1
const exitBadSettings = 2

/** Beside this file's folder in the repository and in the package alike. */
const consoleDirectory = fileURLToPath(new URL('../console/dist', import.meta.url))

/** Said at each start, so that nobody finds it out from their data. */
const unfinishedCluster =
  'the store over Cassandra is for trials: docs/guides/cluster.md says what of it is not tested yet'

await main()

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
  const tls = config.tlsCert === '' ? undefined : new Tls(config)
  const metrics = new Metrics()
  metrics.addProcess()
  metrics.tellNode({ node: nameOfNode(config.nodeId), version: packageVersion() })
  const report = (of: StoreReport) => metrics.record(of)
  const store = watchStore(await openStore(config, { as: 'server' }), report)
  shutdown.add('the store', () => store.close())
  await requireWholeStore(store.documents)
  let batches: BatchRunner | undefined
  const domain = buildContext(config, store, () => batches?.wake())
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
  if (config.storeUrl.kind === 'cassandra') log.warn(unfinishedCluster)
  await warnOfOpenClients(context, config.host, log)
  const sso = singleSignOnOf(config, context)
  const drain = new Drain(config.drainSeconds * 1000)
  const app = buildApp({ context, settings: config, log, metrics, tls, sso, drain, consoleDirectory })
  shutdown.add('the listener', () => app.close())
  shutdown.add('the way to it', () => drain.begin())
  if (tls) process.on('SIGHUP', () => reload(tls, log))
  await app.listen({ host: config.host, port: config.port })
  const address = app.server.address()
  const port = typeof address === 'object' && address !== null ? address.port : config.port
  const scheme = tls ? 'https' : 'http'
  return `${scheme}://${config.host.includes(':') ? `[${config.host}]` : config.host}:${port}`
}

function reload(tls: Tls, log: Logger) {
  try {
    tls.reload()
    log.info({ expiresAt: new Date(tls.expiresAtMs).toISOString() }, 'the certificate was read again')
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error)
    log.error({ reason }, 'the certificate could not be read again; the one before stays in use')
  }
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
