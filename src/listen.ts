import { fileURLToPath } from 'node:url'
import type { Logger } from 'pino'
import { buildApp } from './app.ts'
import type { Config } from './config.ts'
import type { ControlContext } from './domain/context.ts'
import type { Metrics } from './http/metrics.ts'
import type { Services } from './http/services.ts'
import { Tls } from './http/tls.ts'
import { Drain } from './lib/drain.ts'
import type { Shutdown } from './lib/shutdown.ts'
import { singleSignOnOf } from './services.ts'

/** Beside this file's folder in the repository and in the package alike. */
const consoleDirectory = fileURLToPath(new URL('../console/dist', import.meta.url))

/** A listener, and what makes it read its certificate again. */
export interface Listening {
  readonly url: string
  readonly reload: () => void
}

/** Answers requests on the port of the settings, until the shutdown. */
export async function listen({
  config,
  log,
  shutdown,
  context,
  metrics,
  scrape,
}: {
  readonly config: Config
  readonly log: Logger
  readonly shutdown: Shutdown
  readonly context: ControlContext
  readonly metrics: Metrics
  readonly scrape?: Services['scrape']
}): Promise<Listening> {
  const tls = config.tlsCert === '' ? undefined : new Tls(config)
  const sso = singleSignOnOf(config, context)
  const drain = new Drain(config.drainSeconds * 1000)
  const app = buildApp({
    context,
    settings: config,
    log,
    metrics,
    scrape,
    tls,
    sso,
    drain,
    consoleDirectory,
  })
  shutdown.add('the listener', () => app.close())
  shutdown.add('the way to it', () => drain.begin())
  await app.listen({ host: config.host, port: config.port })
  const address = app.server.address()
  const port = typeof address === 'object' && address !== null ? address.port : config.port
  const scheme = tls ? 'https' : 'http'
  const url = `${scheme}://${config.host.includes(':') ? `[${config.host}]` : config.host}:${port}`
  return { url, reload: () => tls && reloadCertificate(tls, log) }
}

/** Reads a certificate again; one that cannot be read leaves the one before in use. */
export function reloadCertificate(tls: Tls, log: Logger) {
  try {
    tls.reload()
    log.info({ expiresAt: new Date(tls.expiresAtMs).toISOString() }, 'the certificate was read again')
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error)
    log.error({ reason }, 'the certificate could not be read again; the one before stays in use')
  }
}
