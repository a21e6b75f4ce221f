import type { Logger } from 'pino'
import { sweepInvitations } from './domain/accounts/invitations.ts'
import { forgetAudit, readAudit } from './domain/audit/log.ts'
import { listClients } from './domain/clients/manage.ts'
import type { ControlContext } from './domain/context.ts'
import { installPartition } from './domain/documents.ts'

/** How often what was noted of callers is written, ms. */
const flushEveryMs = 5_000

/** How often old entries of the audit log, sessions and invitations are looked for, ms. */
const forgetEveryMs = 3_600_000

/** Starts what is done now and then beside the requests; the returned function ends it. */
export function startHousekeeping(context: ControlContext, log: Logger): () => Promise<void> {
  let underWay = Promise.resolve()
  let forgotAtMs = -Infinity
  const step = async () => {
    await context.callers.flush({ everything: false })
    const nowMs = context.clock.nowMs()
    if (nowMs - forgotAtMs < forgetEveryMs) return
    forgotAtMs = nowMs
    await forgetOldEntries(context, nowMs - context.settings.auditRetentionMs)
    await context.sessions.sweep()
    await sweepInvitations(context)
  }
  const report = (error: unknown) => log.error({ err: error }, 'housekeeping failed; it is tried again')
  const timer = setInterval(() => {
    underWay = underWay.then(step).catch(report)
  }, flushEveryMs)
  return async () => {
    clearInterval(timer)
    await underWay
    await context.callers.flush({ everything: true })
  }
}

async function forgetOldEntries(context: ControlContext, beforeMs: number) {
  const codes = new Set((await listClients(context)).map(({ code }) => code))
  // The logs of clients that are gone are kept for their time too.
  const gone = { client: installPartition, type: 'client' } as const
  for await (const { entityId } of readAudit(context, gone)) codes.add(entityId)
  for (const code of codes) await forgetAudit(context, code, beforeMs)
  await forgetAudit(context, installPartition, beforeMs)
}
