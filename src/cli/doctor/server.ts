import { X509Certificate } from 'node:crypto'
import { readFile, stat } from 'node:fs/promises'
import http from 'node:http'
import https from 'node:https'
import { createSecureContext, TLSSocket } from 'node:tls'
import type { Config } from '../../config.ts'
import { dayMs } from '../../model/limits.ts'
import type { StoreInspection } from '../../store/lmdb/inspect.ts'
import { findingsOf, reasonOf, type Finding } from './finding.ts'

const server = findingsOf('server')
const certificate = findingsOf('certificate')

/** As long before its end a certificate is told of; the alert is the same. */
const certificateDaysMin = 14

const answerMsMax = 5_000

/** What a server answered when it was asked whether it is ready. */
interface Answer {
  readonly status: number
  /** Of the certificate that it showed. */
  readonly fingerprint: string | undefined
}

/** Finds a certificate that cannot be used, ends soon, or whose key others may read. */
export async function judgeCertificate({ tlsCert, tlsKey }: Config): Promise<Finding[]> {
  if (tlsCert === '') return []
  try {
    const [cert, key, { mode }] = await Promise.all([readFile(tlsCert), readFile(tlsKey), stat(tlsKey)])
    createSecureContext({ cert, key })
    const found: Finding[] = []
    if ((mode & 0o077) !== 0)
      found.push(certificate.warning(`others than its owner have rights on ${tlsKey}`, `chmod 600 ${tlsKey}`))
    return [...found, judgeTime(new X509Certificate(cert))]
  } catch (error) {
    const todo =
      'give a certificate with its chain and the key that belongs to it, both PEM, readable by the server'
    return [certificate.problem(`SILHOUETTE_TLS_CERT and SILHOUETTE_TLS_KEY: ${reasonOf(error)}`, todo)]
  }
}

function judgeTime({ validFrom, validTo }: X509Certificate): Finding {
  const daysLeft = (Date.parse(validTo) - Date.now()) / dayMs
  const todo = 'renew it, write both files, then send the server SIGHUP'
  if (Date.parse(validFrom) > Date.now())
    return certificate.problem(`it is valid from ${validFrom} on only`, todo)
  if (daysLeft < 0) return certificate.problem(`it ended ${validTo}`, todo)
  if (daysLeft < certificateDaysMin)
    return certificate.problem(`it ends in ${daysLeft.toFixed(1)} days`, todo)
  return certificate.ok(`valid until ${validTo}`)
}

/**
 * Asks the server whether it is ready, and finds what does not go together with what the store says.
 *
 * @param url    given by the person; else it is made of the settings
 * @param served what the store says of its server; `unknown` of a store that is not looked at
 */
export async function judgeServer(
  config: Config,
  url: string | undefined,
  served: StoreInspection['server'] | 'unknown',
): Promise<Finding[]> {
  const address = url ?? addressOf(config)
  const last = served === 'unknown' ? undefined : served
  const isServed = last?.isAlive === true
  const who = `process ${last?.holder.pid}`
  let answer: Answer
  try {
    answer = await ask(new URL('/readyz', address))
  } catch (error) {
    if (isServed) {
      const todo =
        'give --url, or the SILHOUETTE_HOST and SILHOUETTE_PORT that it was started with; else see its log'
      return [
        server.problem(`${who} serves the store, but ${address} does not answer: ${reasonOf(error)}`, todo),
      ]
    }
    if (last) return [server.ok('none runs; the last one ended without closing, which loses nothing')]
    // Who serves a cluster is not to be seen in it.
    const isCluster = config.storeUrl.kind === 'cassandra'
    return [server.ok(isCluster ? `none answers at ${address}; --url names another` : 'none runs')]
  }
  if (served !== 'unknown' && !isServed && url === undefined) {
    const todo = 'stop that one, or give another SILHOUETTE_PORT, before a server is started here'
    return [server.problem(`something answers at ${address}, but no server has this store open`, todo)]
  }
  if (answer.status !== 200)
    return [server.problem(`${address} is not ready (${answer.status})`, 'ask its /readyz, which says why')]
  const stale = await judgeShown(config, answer)
  return [...(stale ? [stale] : []), server.ok(`${address} is ready${isServed ? `: ${who}` : ''}`)]
}

/** A renewed certificate of which the server has not been told. */
async function judgeShown({ tlsCert }: Config, { fingerprint }: Answer): Promise<Finding | undefined> {
  if (tlsCert === '' || fingerprint === undefined) return undefined
  const cert = await readFile(tlsCert).catch(() => undefined)
  if (cert === undefined || new X509Certificate(cert).fingerprint256 === fingerprint) return undefined
  return certificate.problem(
    'the server shows another certificate than that in SILHOUETTE_TLS_CERT',
    'send it SIGHUP',
  )
}

function addressOf({ host, port, tlsCert }: Config): string {
  const everywhere: Readonly<Record<string, string>> = { '0.0.0.0': '127.0.0.1', '::': '::1' }
  const reached = everywhere[host] ?? host
  return `${tlsCert === '' ? 'http' : 'https'}://${reached.includes(':') ? `[${reached}]` : reached}:${port}`
}

/** Any certificate is taken: what is asked tells nothing, and its name may not be that of this machine. */
function ask(url: URL): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const options = { timeout: answerMsMax, rejectUnauthorized: false, agent: false }
    const request = (url.protocol === 'https:' ? https : http).get(url, options, (response) => {
      const { socket } = response
      const fingerprint = socket instanceof TLSSocket ? socket.getPeerCertificate().fingerprint256 : undefined
      response.destroy()
      resolve({ status: response.statusCode ?? 0, fingerprint })
    })
    request.on('timeout', () => request.destroy(new Error(`no answer within ${answerMsMax} ms`)))
    request.on('error', reject)
  })
}
