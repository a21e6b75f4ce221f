import type { Config } from '../../config.ts'
import { readBacklog } from '../../domain/batches/backlog.ts'
import { listClients } from '../../domain/clients/manage.ts'
import type { DomainContext } from '../../domain/context.ts'
import { goodTokens, tokenCollection, tokenSetOf } from '../../domain/tokens/record.ts'
import { isLoopback } from '../../lib/loopback.ts'
import { dayMs } from '../../model/limits.ts'
import { findingsOf, listText, type Finding } from './finding.ts'

const clients = findingsOf('clients')
const tokens = findingsOf('tokens')
const batches = findingsOf('batches')

/** As long before its end a token is told of; the alert is the same. */
const tokenDaysMin = 7

/** Finds clients that others can reach without a token, and those that nobody can call. */
export async function judgeClients(context: DomainContext, config: Config): Promise<Finding[]> {
  const open: string[] = []
  const shut: string[] = []
  const ending: string[] = []
  const codes = (await listClients(context)).map(({ code }) => code)
  for (const code of codes) {
    const requiresToken = (await context.clients.get(code))?.requiresToken === true
    if (!requiresToken) open.push(code)
    const daysLeft = await daysOfToken(context, code)
    if (requiresToken && daysLeft === undefined) shut.push(code)
    if (daysLeft !== undefined && daysLeft < tokenDaysMin)
      ending.push(`${code} (${daysLeft.toFixed(1)} days)`)
  }
  const counted = `${codes.length} client${codes.length === 1 ? '' : 's'}`
  const found: Finding[] = [clients.ok(`${counted}, ${codes.length - open.length} with authentication on`)]
  if (open.length > 0 && !isLoopback(config.host)) {
    found.push(
      clients.problem(
        `${listText(open)}: no authentication, and ${config.host} is not reached from this machine alone`,
        'generate a token, give it to the callers, then `silhouette auth on`',
      ),
    )
  }
  if (shut.length > 0) {
    found.push(
      tokens.problem(
        `${listText(shut)}: authentication is on and no token is valid, so every call is refused`,
        '`silhouette token generate`',
      ),
    )
  }
  if (ending.length > 0) {
    found.push(
      tokens.problem(
        `the profile_api token ends soon: ${listText(ending)}`,
        '`silhouette token generate --overlap 24h`, then give the new one to the callers',
      ),
    )
  }
  if (shut.length + ending.length === 0) found.push(tokens.ok(`none ends within ${tokenDaysMin} days`))
  return found
}

/** Days until no token of the profile API is valid any more; `undefined` without one. */
async function daysOfToken({ clock, store }: DomainContext, code: string): Promise<number | undefined> {
  const nowMs = clock.nowMs()
  const good = goodTokens(tokenSetOf(await store.documents.get(code, tokenCollection, 'profile_api')), nowMs)
  return good.length === 0
    ? undefined
    : (Math.max(...good.map(({ expiresAtMs }) => expiresAtMs)) - nowMs) / dayMs
}

/** Finds batches that do not go on. */
export async function judgeBatches(context: DomainContext, isServed: boolean): Promise<Finding> {
  const { batches: count, oldestMs, rows, stuck } = await readBacklog(context)
  if (count === 0) return batches.ok('none waits')
  const minutes = Math.round(oldestMs / 60_000)
  const waiting = `${count} incomplete, ${rows} rows to apply, the oldest for ${minutes} min`
  if (!isServed) return batches.warning(waiting, 'they go on once a server runs')
  if (stuck === 0) return batches.ok(waiting)
  return batches.problem(
    `${stuck} stuck; ${waiting}`,
    '`silhouette batch list` names them; `problem` in their status, and the log, say why',
  )
}
