import { createClient, deleteClient, listClients, patchClient } from '../../domain/clients/manage.ts'
import { Refusal } from '../../lib/errors.ts'
import { isClientCode } from '../../model/client-code.ts'
import { isSystemAdmin } from '../../model/permission.ts'
import { ClientBody, ClientPatchBody } from '../../wire/admin.ts'
import { Client, listReply, PageQuery } from '../../wire/admin-replies.ts'
import {
  endpoint,
  endpointWithBody,
  listOf,
  requireAction,
  type AdminCall,
  type AdminEndpoint,
} from './endpoint.ts'

/** The clients of the install; product admins see and rename their own. @source decisions.md §7 */
export const clientEndpoints: readonly AdminEndpoint[] = [
  endpoint({
    method: 'GET',
    path: '/clients',
    action: 'clients.manage',
    summary: 'List the clients of the install.',
    query: PageQuery,
    reply: [200, listReply('clients', Client)],
    handle: async ({ context, query }) => listOf(query, 'clients', await listClients(context)),
  }),
  endpointWithBody(ClientBody, {
    method: 'POST',
    path: '/clients',
    action: 'clients.manage',
    summary: 'Create a client.',
    example: { code: 'acme', name: 'Acme' },
    reply: [201, Client],
    refusals: ['client_exists', 'ims_org_taken'],
    handle: async (call) => {
      const { code, name, imsOrgId } = call.body
      if (!isClientCode(code)) throw badCode(code)
      const created = await createClient(call.context, call, {
        code,
        name: name?.trim() ?? code,
        imsOrgId: imsOrgId?.trim(),
      })
      return { status: 201, body: created }
    },
  }),
  endpoint({
    method: 'GET',
    path: '/clients/:code',
    action: 'client.manage',
    summary: 'Read a client.',
    reply: [200, Client],
    handle: async (call) => {
      const { code, name, imsOrgId } = await requireNamed(call)
      return { status: 200, body: { code, name, imsOrgId } }
    },
  }),
  endpointWithBody(ClientPatchBody, {
    method: 'PATCH',
    path: '/clients/:code',
    action: 'client.manage',
    summary: 'Rename a client, or give it another IMS organization (system admins).',
    example: { name: 'Acme Europe' },
    reply: [200, Client],
    refusals: ['ims_org_taken'],
    handle: async (call) => {
      const { code } = await requireNamed(call)
      const { name, imsOrgId } = call.body
      if (imsOrgId !== undefined) requireAction(call.principal, 'clients.manage', call.client)
      const patch = { code, name: name?.trim(), imsOrgId: imsOrgId?.trim() }
      return { status: 200, body: await patchClient(call.context, call, patch) }
    },
  }),
  endpoint({
    method: 'DELETE',
    path: '/clients/:code',
    action: 'clients.manage',
    summary: 'Delete a client with everything that belongs to it.',
    reply: [204],
    refusals: ['client_in_use'],
    handle: async (call) => {
      const { code } = await requireNamed(call)
      if (code === call.services.settings.defaultClient) throw defaultKept(code)
      await deleteClient(call.context, call, code)
      return { status: 204 }
    },
  }),
]

/** The client that the path names: one's own, or for a system admin any. */
async function requireNamed({ context, client, params, principal }: AdminCall) {
  const code = params['code'] ?? ''
  const named = isClientCode(code) ? await context.clients.get(code) : undefined
  const isOwn = code === client.code
  if (named && (isOwn || isSystemAdmin(principal))) return named
  if (!isOwn && !isSystemAdmin(principal))
    requireAction({ ...principal, memberships: [] }, 'clients.manage', client)
  throw new Refusal('client_unknown', `There is no client "${code.slice(0, 100)}".`)
}

function badCode(code: string): Refusal {
  return new Refusal(
    'parameter_invalid',
    `code "${code.slice(0, 100)}" cannot be a client's: it must be up to 63 lower-case letters, digits and ` +
      'hyphens, begin with a letter or digit, and be no word of an address (such as rest or console).',
  )
}

function defaultKept(code: string): Refusal {
  return new Refusal(
    'client_in_use',
    `Client ${code} is the default client of this install and cannot be deleted.`,
  )
}
