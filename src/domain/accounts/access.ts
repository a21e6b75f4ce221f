import {
  actionsOn,
  highestRoleOn,
  isSystemAdmin,
  type Action,
  type Principal,
  type Role,
} from '../../model/permission.ts'
import type { Client } from '../clients/directory.ts'
import { listClients } from '../clients/manage.ts'
import type { DomainContext } from '../context.ts'

/** A client that somebody may see, and what they may do there. */
export interface Access {
  readonly client: Client
  readonly role: Role
  readonly actions: readonly Action[]
}

/** Lists the clients that somebody may see, by code: a system admin sees all. */
export async function listAccess(context: DomainContext, principal: Principal): Promise<Access[]> {
  const found: Access[] = []
  for (const code of await codesOf(context, principal)) {
    const client = await context.clients.get(code)
    const role = highestRoleOn(principal, code)
    // A client deleted just now is not shown any more.
    if (client && role) found.push({ client, role, actions: actionsOn(principal, code) })
  }
  return found
}

async function codesOf(context: DomainContext, principal: Principal): Promise<string[]> {
  if (isSystemAdmin(principal)) return (await listClients(context)).map(({ code }) => code)
  const codes = principal.memberships.flatMap(({ client }) => client ?? [])
  return [...new Set(codes)].toSorted()
}
