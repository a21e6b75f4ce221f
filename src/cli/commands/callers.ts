import type { Command } from 'commander'
import type { Caller } from '#client'
import { addVerb, requireCredential, runsOnline } from '../command.ts'
import type { Shell } from '../shell.ts'

/** `callers`: whom the switch would cut off. */
export function addCallers(program: Command, shell: Shell): void {
  const callers = addVerb(program, 'callers', {
    summary: 'list who called in the last 24 hours without a token that works',
    details: 'These are cut off by `silhouette auth on`, or are already. Times are UTC.',
    examples: ['silhouette callers', 'silhouette callers --client shop --json'],
  })
  runsOnline(callers, shell, async (call) => {
    requireCredential(call)
    const reply = await call.service.callers.list({}, call)
    const columns = {
      ADDRESS: (one: Caller) => one.address || undefined,
      ENDPOINT: (one: Caller) => one.endpoint,
      CALLS: (one: Caller) => one.calls,
      LAST: (one: Caller) => one.lastAt,
      'USER AGENT': (one: Caller) => one.userAgent || undefined,
    }
    const none = 'Nobody called without a token that works in the last 24 hours.'
    call.print.table(reply, reply.callers, columns, none)
  })
}
