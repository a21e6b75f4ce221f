import { Refusal } from '../../lib/errors.ts'
import {
  defaultWorkspace,
  mayGrant,
  type Membership,
  type Principal,
  type Role,
} from '../../model/permission.ts'
import type { Client } from '../clients/directory.ts'
import type { DomainContext } from '../context.ts'
import { findWorkspace } from './workspaces.ts'

/**
 * Makes the membership that a role on a client means: the default workspace unless another is named;
 * a product admin's has none, a system admin's no client either.
 *
 * @throws Refusal `workspace_unknown`, `parameter_invalid` for a workspace where the role has none
 */
export async function membershipFor(
  context: DomainContext,
  client: Client,
  { role, workspace }: { role: Role; workspace?: string | undefined },
): Promise<Membership> {
  if (role === 'systemAdmin' || role === 'productAdmin') {
    if (workspace === undefined) return role === 'systemAdmin' ? { role } : { client: client.code, role }
    throw new Refusal('parameter_invalid', `A ${role} belongs to no workspace; leave workspace out.`)
  }
  const id = workspace ?? defaultWorkspace
  if (await findWorkspace(context, client, id)) return { client: client.code, workspace: id, role }
  throw new Refusal(
    'workspace_unknown',
    `Client ${client.code} has no workspace "${id}"; create it first or choose another.`,
  )
}

/** @throws Refusal `grant_refused` unless the caller may give or take this membership */
export function requireGrant(principal: Principal, membership: Membership): void {
  if (mayGrant(principal, membership)) return
  const place = membership.workspace === undefined ? '' : ` in workspace ${membership.workspace}`
  throw new Refusal(
    'grant_refused',
    `You may neither give nor take the role ${membership.role}${place}; ask someone who holds more rights.`,
  )
}
