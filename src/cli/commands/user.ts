import type { Command } from 'commander'
import type { Membership, Role, User } from '#client'
import { addNoun, addVerb, requireCredential, runsOnline, type OnlineCall } from '../command.ts'
import { checkedName } from '../connection.ts'
import { UsageError } from '../errors.ts'
import { membershipText, roleOption } from '../roles.ts'
import type { Shell } from '../shell.ts'
import { addInvite, addResetPassword } from './user-password.ts'
import { roles } from '../../model/permission.ts'

/** `user`: people who sign in to the console. */
export function addUser(program: Command, shell: Shell): void {
  const user = addNoun(program, 'user', 'create and list people, set their roles and passwords')
  addCreate(user, shell)
  addList(user, shell)
  addSetRole(user, shell)
  addInvite(user, shell)
  addResetPassword(user, shell)
}

interface PlaceOptions {
  readonly workspace?: string
}

function addCreate(user: Command, shell: Shell): void {
  const create = addVerb(user, 'create <email>', {
    summary: 'make a person known on the client, with a role',
    details: 'For workspace admins, who can give no more than they may do.',
    examples: [
      'silhouette user create ada@example.com --role approver',
      'silhouette user create lin@example.com --name "Lin Chen" --role editor --workspace eu',
    ],
  })
  create
    .addOption(roleOption('--role <role>', 'what the person may do; observer unless given'))
    .option('--workspace <id>', 'workspace of the role; the default one unless given')
    .option('--name <name>', 'name of the person')
    .option('--locale <tag>', 'language of the console for the person, as in de or pt-BR')
  type Options = PlaceOptions & { role?: Role; name?: string; locale?: string }
  runsOnline<Options>(create, shell, async (call, email = '') => {
    requireCredential(call)
    const { role = 'observer', workspace, name, locale } = call.options
    const made = await call.service.users.create(
      { email, memberships: [membership(role, workspace)], ...(name && { name }), ...(locale && { locale }) },
      call,
    )
    call.print.done(made, `${made.email} is ${rolesText(made)} from now on.`)
  })
}

function addList(user: Command, shell: Shell): void {
  const list = addVerb(user, 'list', {
    summary: 'list the people of the client whom you administer',
    details: 'For workspace admins.',
    examples: ['silhouette user list', 'silhouette user list --client shop --json'],
  })
  runsOnline(list, shell, async (call) => {
    requireCredential(call)
    const reply = await call.service.users.list({}, call)
    const columns = {
      'E-MAIL': (one: User) => one.email,
      NAME: (one: User) => one.name,
      ROLES: rolesText,
    }
    call.print.table(reply, reply.users, columns, 'The client has nobody whom you administer.')
  })
}

function addSetRole(user: Command, shell: Shell): void {
  const setRole = addVerb(user, 'set-role <email> <role>', {
    summary: 'give a person one role in place of those held on the client',
    details:
      `Roles from the least to the most: ${roles.join(', ')}. With --workspace only the role there ` +
      'is replaced. For workspace admins.',
    examples: [
      'silhouette user set-role ada@example.com productAdmin',
      'silhouette user set-role lin@example.com editor --workspace eu',
    ],
  })
  setRole.option('--workspace <id>', 'replace only the role in this workspace')
  runsOnline<PlaceOptions>(setRole, shell, async (call, email = '', roleName = '') => {
    requireCredential(call)
    const role = roles.find((known) => known === roleName)
    if (role === undefined) throw new UsageError(`"${roleName}" is no role.`, `Roles: ${roles.join(', ')}.`)
    checkedName('email', email)
    const memberships = [...(await keptOf(call, email)), membership(role, call.options.workspace)]
    const changed = await call.service.users.patch(email, { memberships }, call)
    call.print.done(changed, `${changed.email} is ${rolesText(changed)} from now on.`)
  })
}

/** Memberships beside the one that a workspace is named for. */
async function keptOf(call: OnlineCall<PlaceOptions>, email: string): Promise<Membership[]> {
  const { workspace } = call.options
  if (workspace === undefined) return []
  const { memberships } = await call.service.users.get(email, call)
  return memberships.filter((held) => held.workspace !== workspace)
}

/** Product and system admins' roles lie in no workspace; the service says so when one is named. */
function membership(role: Role, workspace: string | undefined): Membership {
  return workspace === undefined ? { role } : { role, workspace }
}

function rolesText({ memberships }: User): string {
  return memberships.map(membershipText).join(', ')
}
