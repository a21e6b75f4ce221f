/** Roles from the least to the most powerful. @source target-profile-service.md §8.1, decisions.md §6 */
export const roles = [
  'observer',
  'publisher',
  'editor',
  'approver',
  'workspaceAdmin',
  'productAdmin',
  'systemAdmin',
] as const

export type Role = (typeof roles)[number]

/** The workspace that every client has, and that is meant when none is given. */
export const defaultWorkspace = 'default'

/** A role that someone holds: of a client and a workspace, of a whole client, or of the whole install. */
export interface Membership {
  /** Absent for a system admin. */
  readonly client?: string
  /** Absent for a product or system admin. */
  readonly workspace?: string
  readonly role: Role
}

/** Who calls: a person, or a program with an API credential. */
export interface Principal {
  readonly kind: 'user' | 'credential'
  /** E-mail address of a person, client id of a credential. */
  readonly id: string
  readonly name: string
  readonly memberships: readonly Membership[]
}

const everyone = roles
const editors: readonly Role[] = ['editor', 'approver', 'workspaceAdmin', 'productAdmin', 'systemAdmin']
const approvers: readonly Role[] = ['approver', 'workspaceAdmin', 'productAdmin', 'systemAdmin']
const workspaceAdmins: readonly Role[] = ['workspaceAdmin', 'productAdmin', 'systemAdmin']
const productAdmins: readonly Role[] = ['productAdmin', 'systemAdmin']
const systemAdmins: readonly Role[] = ['systemAdmin']

/** Who may do what: the one table. @source decisions.md §6 */
export const rolesOfAction = {
  'settings.read': everyone,
  'token.readExpiry': everyone,
  'callers.read': everyone,
  'figures.read': everyone,
  'batches.read': everyone,
  'attributeNames.read': everyone,
  'profiles.read': editors,
  'failedRows.read': editors,
  'profiles.edit': editors,
  'batches.upload': editors,
  'operations.execute': editors,
  'profiles.delete': approvers,
  'settings.change': approvers,
  'token.read': approvers,
  'token.generate': approvers,
  'token.revoke': approvers,
  'audit.read': approvers,
  'users.manage': workspaceAdmins,
  'workspaces.manage': productAdmins,
  'credentials.manage': productAdmins,
  'client.manage': productAdmins,
  'clients.manage': systemAdmins,
} as const satisfies Readonly<Record<string, readonly Role[]>>

/** What an endpoint of the control plane lets its caller do. */
export type Action = keyof typeof rolesOfAction

/** What each action is, in words for people. */
export const meaningOfAction: Readonly<Record<Action, string>> = {
  'settings.read': 'see the settings and the switch',
  'token.readExpiry': 'see when the token expires, and who used it last',
  'callers.read': 'see who calls without a token that would work',
  'figures.read': 'see the figures',
  'batches.read': 'see batches and their status',
  'attributeNames.read': 'see the names of attributes',
  'profiles.read': 'look up a profile',
  'failedRows.read': 'see the failed rows of a batch',
  'profiles.edit': 'edit the attributes of a profile',
  'batches.upload': 'upload a batch in the console',
  'operations.execute': 'carry out several calls in one; each needs its own right besides',
  'profiles.delete': 'delete a profile',
  'settings.change': 'turn the switch, change settings',
  'token.read': 'read the token',
  'token.generate': 'generate a token',
  'token.revoke': 'revoke tokens',
  'audit.read': 'read the audit log',
  'users.manage': 'add, change, invite and remove people of a workspace, with no right that one lacks',
  'workspaces.manage': 'make workspaces',
  'credentials.manage': 'make and end API credentials',
  'client.manage': 'rename the client',
  'clients.manage': 'create and delete clients; product and system admins',
}

/** Every action, in the order of the table. */
// oxlint-disable-next-line typescript/no-unsafe-type-assertion -- the keys of the table above
export const actions = Object.keys(rolesOfAction) as Action[]

/** Tells whether someone may do this on a client: by any of the roles held there. */
export function mayDo(principal: Principal, action: Action, client: string): boolean {
  const allowed: readonly Role[] = rolesOfAction[action]
  return rolesOn(principal, client).some((role) => allowed.includes(role))
}

/** The roles that someone holds on a client, in any of its workspaces. */
export function rolesOn({ memberships }: Principal, client: string): readonly Role[] {
  return memberships.filter((held) => covers(held, client)).map(({ role }) => role)
}

/** The highest of the roles that someone holds on a client; `undefined` for a stranger. */
export function highestRoleOn(principal: Principal, client: string): Role | undefined {
  const held = rolesOn(principal, client)
  return roles.findLast((role) => held.includes(role))
}

/** All that someone may do on a client, in the order of the table. */
export function actionsOn(principal: Principal, client: string): Action[] {
  return actions.filter((action) => mayDo(principal, action, client))
}

/** A system admin's membership names no client: it covers them all. */
function covers(membership: Membership, client: string): boolean {
  return membership.role === 'systemAdmin' || membership.client === client
}

/** Tells whether someone administers the whole install. */
export function isSystemAdmin({ memberships }: Pick<Principal, 'memberships'>): boolean {
  return memberships.some(({ role }) => role === 'systemAdmin')
}

/**
 * Tells whether someone may give or take a membership: it must lie within what they administer, and
 * carry no right that they lack themselves.
 */
export function mayGrant(principal: Principal, membership: Membership): boolean {
  if (isSystemAdmin(principal)) return true
  if (rolesOfAction['clients.manage'].some((role) => role === membership.role)) return false
  return principal.memberships.some((held) => held.client === membership.client && grants(held, membership))
}

/** Product admins are made by system admins alone. */
function grants(held: Membership, given: Membership): boolean {
  if (given.role === 'productAdmin') return false
  if (held.role === 'productAdmin') return true
  return held.role === 'workspaceAdmin' && held.workspace === given.workspace
}
