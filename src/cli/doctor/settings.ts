import type { Config } from '../../config.ts'
import { isLoopback } from '../../lib/loopback.ts'
import { findingsOf, type Finding } from './finding.ts'

const { ok, warning, problem } = findingsOf('settings')

/** Finds settings that are right one by one and dangerous or useless as they stand. */
export function judgeSettings(config: Config): Finding[] {
  const found = [...judgeReach(config), ...judgeSecrets(config), ...judgeRest(config)]
  return found.length > 0 ? found : [ok('none is faulty, and none in the way of another')]
}

function* judgeReach(config: Config): Generator<Finding> {
  const isOpen = !isLoopback(config.host)
  if (isOpen && config.tlsCert === '' && config.trustedProxies.length === 0) {
    yield warning(
      `listens on ${config.host} without TLS: tokens and profiles travel in the clear`,
      'give SILHOUETTE_TLS_CERT and SILHOUETTE_TLS_KEY, or put a proxy that speaks TLS before it and name ' +
        'that in SILHOUETTE_TRUSTED_PROXIES',
    )
  }
  const everybody = config.trustedProxies.find((range) => /\/0+$/.test(range))
  if (everybody !== undefined) {
    yield problem(
      `SILHOUETTE_TRUSTED_PROXIES holds ${everybody}, which is everybody: whoever calls can forge addresses`,
      'name the addresses of your proxies alone',
    )
  }
}

function* judgeSecrets(config: Config): Generator<Finding> {
  if (config.secretKeyChanged === 'yes') {
    yield warning(
      'SILHOUETTE_SECRET_KEY_CHANGED=yes is meant for one start',
      'take it away, so that a wrong secret key is noticed',
    )
  }
  if (config.adminPassword !== undefined) {
    yield warning(
      'SILHOUETTE_ADMIN_PASSWORD counts on the first start alone, and lies in the environment since',
      'take it away once that has been',
    )
  }
}

function* judgeRest(config: Config): Generator<Finding> {
  if (config.storeUrl.kind === 'memory')
    yield warning(
      'the store is in memory: nothing survives the end of the server',
      'give SILHOUETTE_STORE_URL=lmdb:DIRECTORY',
    )
  if (config.logLevel === 'silent' || config.logLevel === 'fatal')
    yield warning(`SILHOUETTE_LOG_LEVEL=${config.logLevel} hides errors`, 'set it to error, or to info')
  if (config.bodyRateMin === 0)
    yield warning(
      'SILHOUETTE_BODY_RATE_MIN=0 lets slow bodies hold connections for as long as they like',
      'leave it at 1024',
    )
}
