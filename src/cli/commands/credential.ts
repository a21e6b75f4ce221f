import type { Command } from 'commander'
import type { Credential, Role } from '#client'
import { addNoun, addVerb, requireCredential, runsOnline } from '../command.ts'
import { checkedName } from '../connection.ts'
import { membershipText, roleOption } from '../roles.ts'
import type { Shell } from '../shell.ts'

/** `credential`: API credentials of a client, for programs that call the Admin API. */
export function addCredential(program: Command, shell: Shell): void {
  const credential = addNoun(program, 'credential', 'create, list and revoke API credentials')
  addCreate(credential, shell)
  addList(credential, shell)
  addRevoke(credential, shell)
}

function addCreate(credential: Command, shell: Shell): void {
  const create = addVerb(credential, 'create <name>', {
    summary: 'create an API credential of the client',
    details: 'Its secret is shown this once. For product admins, who can give no more than they may do.',
    examples: [
      'silhouette credential create nightly-import --role editor',
      'silhouette credential create crm --role approver --workspace eu --json',
    ],
  })
  create
    .addOption(roleOption('--role <role>', 'what it may do').makeOptionMandatory())
    .option('--workspace <id>', 'workspace of the role; the default one unless given')
  runsOnline<{ role: Role; workspace?: string }>(create, shell, async (call, name = '') => {
    requireCredential(call)
    const { role, workspace } = call.options
    const made = await call.service.credentials.create({ name, role, ...(workspace && { workspace }) }, call)
    call.print.fields(made, {
      'Client id': made.clientId,
      'Client secret': made.clientSecret,
      Role: membershipText(made),
      Client: call.connection.client,
    })
  })
}

function addList(credential: Command, shell: Shell): void {
  const list = addVerb(credential, 'list', {
    summary: 'list the API credentials of the client',
    details: 'For product admins.',
    examples: ['silhouette credential list', 'silhouette credential list --client shop --json'],
  })
  runsOnline(list, shell, async (call) => {
    requireCredential(call)
    const reply = await call.service.credentials.list({}, call)
    const columns = {
      'CLIENT ID': (one: Credential) => one.clientId,
      NAME: (one: Credential) => one.name,
      ROLE: membershipText,
      CREATED: (one: Credential) => one.createdAt,
    }
    call.print.table(reply, reply.credentials, columns, 'The client has no API credential.')
  })
}

function addRevoke(credential: Command, shell: Shell): void {
  const revoke = addVerb(credential, 'revoke <client-id>', {
    summary: 'end an API credential and its access tokens, at once',
    details: 'For product admins.',
    examples: ['silhouette credential revoke crd_9341437a3740757c6b4c7ee4'],
  })
  runsOnline(revoke, shell, async (call, clientId = '') => {
    requireCredential(call)
    await call.service.credentials.delete(checkedName('client-id', clientId), call)
    call.print.done({ clientId, revoked: true }, `The API credential ${clientId} has ended.`)
  })
}
