import type { Logger } from 'pino'
import { listClients } from './domain/clients/manage.ts'
import type { ControlContext } from './domain/context.ts'
import { isLoopback } from './lib/loopback.ts'

/** Codes that one line of the log names. */
const namedMax = 20

/** Warns when others than this machine can reach clients that demand no token. */
export async function warnOfOpenClients(context: ControlContext, host: string, log: Logger): Promise<void> {
  if (isLoopback(host)) return
  const open: string[] = []
  for (const { code } of await listClients(context)) {
    if (!(await context.clients.get(code))?.requiresToken) open.push(code)
  }
  if (open.length === 0) return
  log.warn(
    { host, clients: open.slice(0, namedMax), count: open.length },
    'these clients require no authentication, and the address is not of this machine alone: ' +
      'anyone who reaches it can read and write their profiles',
  )
}
