import type { Command } from 'commander'
import { ServiceError, type Client, type Settings } from '#client'
import { confirm } from '../ask.ts'
import { addNoun, addVerb, requireCredential, runsOnline, type OnlineCall } from '../command.ts'
import { checkedName, connect } from '../connection.ts'
import type { Shell } from '../shell.ts'
import { addClientSet } from './client-set.ts'

/** `client`: the tenants of the service, and their settings. */
export function addClient(program: Command, shell: Shell): void {
  const client = addNoun(program, 'client', 'list, create, show, set and delete clients (tenants)')
  addList(client, shell)
  addCreate(client, shell)
  addShow(client, shell)
  addClientSet(client, shell)
  addDelete(client, shell)
}

function addList(client: Command, shell: Shell): void {
  const list = addVerb(client, 'list', {
    summary: 'list the clients of the service',
    details: 'For system admins.',
    examples: ['silhouette client list', 'silhouette client list --json'],
  })
  runsOnline(list, shell, async (call) => {
    requireCredential(call)
    const reply = await call.service.clients.list({}, call)
    const columns = {
      CODE: (one: Client) => one.code,
      NAME: (one: Client) => one.name,
      'IMS ORG': (one: Client) => one.imsOrgId,
    }
    call.print.table(reply, reply.clients, columns, 'There is no client.')
  })
}

function addCreate(client: Command, shell: Shell): void {
  const create = addVerb(client, 'create <code>', {
    summary: 'create a client',
    details:
      'The code is what callers write into addresses: up to 63 lower-case letters, digits and hyphens. ' +
      'SDKs that send an IMS organization id find the client by it. For system admins.',
    examples: [
      'silhouette client create shop',
      'silhouette client create shop --name "The shop" --ims-org-id 1234567890ABCDEF12345678@AdobeOrg',
    ],
  })
  create
    .option('--name <name>', 'name for people; the code unless given')
    .option('--ims-org-id <id>', 'IMS organization id; made from the code unless given')
  runsOnline<{ name?: string; imsOrgId?: string }>(create, shell, async (call, code = '') => {
    requireCredential(call)
    const { name, imsOrgId } = call.options
    const given = { code, ...(name !== undefined && { name }), ...(imsOrgId !== undefined && { imsOrgId }) }
    const created = await call.service.clients.create(given, call)
    call.print.done(created, `Created client ${created.code} with the IMS organization ${created.imsOrgId}.`)
  })
}

function addShow(client: Command, shell: Shell): void {
  const show = addVerb(client, 'show [code]', {
    summary: 'show a client and its settings',
    details: 'The client of the connection unless a code is given. Its name is for product admins.',
    examples: ['silhouette client show', 'silhouette client show shop --json'],
  })
  runsOnline(show, shell, async (call, code = call.connection.client) => {
    requireCredential(call)
    checkedName('code', code)
    const service = connect({ ...call.connection, client: code })
    const settings = await service.settings.get(call)
    const record = await recordOf(call, () => service.clients.get(code, call))
    call.print.fields(
      { code, name: record?.name, imsOrgId: record?.imsOrgId, settings },
      { code, name: record?.name, imsOrgId: record?.imsOrgId, ...shownSettings(settings) },
    )
  })
}

function addDelete(client: Command, shell: Shell): void {
  const remove = addVerb(client, 'delete <code>', {
    summary: 'delete a client with its profiles, batches, tokens, credentials and settings',
    details: 'This cannot be undone. The default client cannot be deleted. For system admins.',
    examples: ['silhouette client delete shop', 'silhouette client delete shop --yes'],
  })
  remove.option('--yes', 'do not ask; needed where there is no terminal')
  runsOnline<{ yes?: true }>(remove, shell, async (call, code = '') => {
    requireCredential(call)
    checkedName('code', code)
    const { imsOrgId } = await call.service.clients.get(code, call)
    const question = `Delete client ${code} (${imsOrgId}) with everything that belongs to it?`
    await confirm(shell, question, call.options.yes === true)
    await call.service.clients.delete(code, call)
    call.print.done({ code, deleted: true }, `Deleted client ${code}.`)
  })
}

/** Only product admins may read a client's own record; all others may still see its settings. */
async function recordOf(call: OnlineCall, read: () => Promise<Client>): Promise<Client | undefined> {
  try {
    return await read()
  } catch (error) {
    if (!(error instanceof ServiceError) || error.code !== 'action_not_allowed') throw error
    call.print.note('Name and IMS organization are shown to product admins only.')
    return undefined
  }
}

function shownSettings(settings: Settings): Record<string, string> {
  const shown = Object.entries(settings).map(([key, value]: [string, unknown]) => [key, settingText(value)])
  return Object.fromEntries(shown)
}

/** As `client set` takes it. */
function settingText(value: unknown): string {
  if (Array.isArray(value)) return value.join(',')
  return typeof value === 'string' ? value : JSON.stringify(value)
}
