import { errors, types } from 'cassandra-driver'
import { Refusal } from '../../lib/errors.ts'

/** A linearizable write whose end is unknown; reading with `readSerial` settles it. */
export class UncertainWrite extends Refusal {}

/** What the cluster could not do is the refusal that callers try again after; a fault of ours stays one. */
export function refusalOf(error: unknown): unknown {
  if (error instanceof errors.ResponseError && isOurFault(error.code)) return error
  const message = 'The store cannot be reached for the moment; nothing is confirmed. Try again later.'
  const detail = { reason: reasonOf(error) }
  return mayHaveHappened(error)
    ? new UncertainWrite('store_unavailable', message, detail)
    : new Refusal('store_unavailable', message, detail)
}

/** Whether the user has no right to do that. */
export function isForbidden(error: unknown): error is Error {
  return error instanceof errors.ResponseError && [types.responseErrorCodes.unauthorized].includes(error.code)
}

export function mayNotChange(cause: Error): Error {
  return new Error(
    `this user may not make or change tables (${cause.message}); run \`silhouette store migrate\` with one ` +
      'who may, and let SILHOUETTE_STORE_MIGRATE be no',
    { cause },
  )
}

function isOurFault(code: number): boolean {
  const { syntaxError, invalid, protocolError, alreadyExists, configError } = types.responseErrorCodes
  return [syntaxError, invalid, protocolError, alreadyExists, configError].includes(code)
}

function mayHaveHappened(error: unknown): boolean {
  if (error instanceof errors.NoHostAvailableError) return false
  if (!(error instanceof errors.ResponseError)) return true
  return ![types.responseErrorCodes.unavailableException].includes(error.code)
}

export function reasonOf(error: unknown): string {
  if (error instanceof errors.NoHostAvailableError) {
    const tried = Object.entries(error.innerErrors).map(([host, inner]) => `${host}: ${String(inner)}`)
    return tried.length > 0 ? tried.join('; ') : 'no Cassandra node can be reached'
  }
  return error instanceof Error ? error.message : String(error)
}

/** What to do about a connection that failed, by what the driver says of it. */
const advices: readonly (readonly [RegExp, string])[] = [
  [/certificate|issuer/i, 'check the authority in SILHOUETTE_CASSANDRA_CA, or ca= of the store URL'],
  [
    /authenticat|credential|username|password/i,
    'check SILHOUETTE_CASSANDRA_USERNAME and SILHOUETTE_CASSANDRA_PASSWORD',
  ],
  [/only found hosts in data centers/i, 'check datacenter= of the store URL'],
  [
    /socket was closed|ECONNRESET|wrong version number|packet length|timed? ?out/i,
    'check the port, and whether it speaks TLS (ca= or tls=yes in the store URL)',
  ],
  [/ECONNREFUSED|ENOTFOUND|EHOSTUNREACH|EAI_AGAIN/, 'check the hosts in the store URL'],
]

export function adviceOn(reason: string): string {
  const advice = advices.find(([pattern]) => pattern.test(reason))
  return advice === undefined ? '' : `; ${advice[1]}`
}
