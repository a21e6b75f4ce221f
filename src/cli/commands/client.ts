import type { Command } from 'commander'
import { addNoun, addVerb, requireCredential, runsOnline } from '../command.ts'
import type { Shell } from '../shell.ts'

/** `client`: the tenants of the service. */
export function addClient(program: Command, shell: Shell): void {
  const client = addNoun(program, 'client', 'list, create, show, set and delete clients (tenants)')
  const list = addVerb(client, 'list', {
    summary: 'list the clients',
    details: 'System admins see all, product admins their own.',
    examples: ['silhouette client list', 'silhouette client list --json'],
  })
  runsOnline(list, shell, async (call) => {
    requireCredential(call)
    const { clients } = await call.service.clients.list({}, { signal: call.signal })
    const columns = {
      CODE: (one: (typeof clients)[number]) => one.code,
      NAME: (one: (typeof clients)[number]) => one.name,
      'IMS ORG': (one: (typeof clients)[number]) => one.imsOrgId,
    }
    call.print.table({ clients }, clients, columns, 'There is no client that you administer.')
  })
}
