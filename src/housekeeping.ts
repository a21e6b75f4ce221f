import type { Logger } from 'pino'
import { sweepInvitations } from './domain/accounts/invitations.ts'
import { forgetAudit, readAudit } from './domain/audit/log.ts'
import { listClients } from './domain/clients/manage.ts'
import type { ControlContext } from './domain/context.ts'
import { installPartition } from './domain/documents.ts'

/** How often there is a look at what is to be done; what was noted of callers is written then, ms. */
const stepEveryMs = 5_000

/** How often old entries of the audit log, sessions and invitations are looked for, ms. */
const forgetEveryMs = 3_600_000

/** Starts to write what this process notes of callers; the returned function writes the rest and ends it. */
export function startFlushing(context: ControlContext, log: Logger): () => Promise<void> {
  const stop = startSteps(log, () => context.callers.flush({ everything: false }))
  return async () => {
    await stop()
    await context.callers.flush({ everything: true })
  }
}

/** Starts what one process does now and then for all; the returned function ends it. */
export function startHousekeeping(context: ControlContext, log: Logger): () => Promise<void> {
  let forgotAtMs = -Infinity
  return startSteps(log, async () => {
    const nowMs = context.clock.nowMs()
    if (nowMs - forgotAtMs < forgetEveryMs) return
    forgotAtMs = nowMs
    await forgetOldEntries(context, nowMs - context.settings.auditRetentionMs)
    await context.sessions.sweep()
    await sweepInvitations(context)
  })
}

function startSteps(log: Logger, step: () => Promise<void>): () => Promise<void> {
  let underWay = Promise.resolve()
  const report = (error: unknown) => log.error({ err: error }, 'housekeeping failed; it is tried again')
  const timer = setInterval(() => {
    underWay = underWay.then(step).catch(report)
  }, stepEveryMs)
  return async () => {
    clearInterval(timer)
    await underWay
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
