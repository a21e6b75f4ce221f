import { createCredential, deleteCredential, listCredentials } from '../../domain/accounts/credentials.ts'
import { invite } from '../../domain/accounts/invitations.ts'
import {
  createUser,
  deleteUser,
  endUserSessions,
  listUsers,
  patchUser,
  readUser,
} from '../../domain/accounts/users.ts'
import { createWorkspace, listWorkspaces } from '../../domain/accounts/workspaces.ts'
import { CredentialBody, UserBody, UserPatchBody, WorkspaceBody } from '../../wire/admin.ts'
import {
  Credential,
  Invitation,
  listReply,
  NewCredential,
  PageQuery,
  User,
  Workspace,
} from '../../wire/admin-replies.ts'
import { endpoint, endpointWithBody, listOf, type AdminEndpoint } from './endpoint.ts'

/** Workspaces, API credentials and people of a client. @source decisions.md §6, §7 */
export const accountEndpoints: readonly AdminEndpoint[] = [
  endpoint({
    method: 'GET',
    path: '/workspaces',
    action: 'workspaces.manage',
    summary: 'List the workspaces of the client.',
    query: PageQuery,
    reply: [200, listReply('workspaces', Workspace)],
    handle: async ({ context, client, query }) =>
      listOf(query, 'workspaces', await listWorkspaces(context, client)),
  }),
  endpointWithBody(WorkspaceBody, {
    method: 'POST',
    path: '/workspaces',
    action: 'workspaces.manage',
    summary: 'Create a workspace.',
    example: { name: 'Europe' },
    reply: [201, Workspace],
    refusals: ['workspace_exists'],
    handle: async (call) => {
      return { status: 201, body: await createWorkspace(call.context, call, call.body.name.trim()) }
    },
  }),
  endpoint({
    method: 'GET',
    path: '/credentials',
    action: 'credentials.manage',
    summary: 'List the API credentials of the client.',
    query: PageQuery,
    reply: [200, listReply('credentials', Credential)],
    handle: async (call) => listOf(call.query, 'credentials', await listCredentials(call.context, call)),
  }),
  endpointWithBody(CredentialBody, {
    method: 'POST',
    path: '/credentials',
    action: 'credentials.manage',
    summary: 'Create an API credential; its secret is shown in this reply alone.',
    example: { name: 'Nightly import', role: 'approver' },
    reply: [201, NewCredential],
    refusals: ['grant_refused', 'workspace_unknown'],
    handle: async (call) => {
      return { status: 201, body: await createCredential(call.context, call, call.body) }
    },
  }),
  endpoint({
    method: 'DELETE',
    path: '/credentials/:clientId',
    action: 'credentials.manage',
    summary: 'End an API credential and its access tokens.',
    reply: [204],
    refusals: ['grant_refused', 'credential_not_found'],
    handle: async (call) => {
      await deleteCredential(call.context, call, call.params['clientId'] ?? '')
      return { status: 204 }
    },
  }),
  endpoint({
    method: 'GET',
    path: '/users',
    action: 'users.manage',
    summary: 'List the people of the client whom the caller administers.',
    query: PageQuery,
    reply: [200, listReply('users', User)],
    handle: async (call) => listOf(call.query, 'users', await listUsers(call.context, call)),
  }),
  endpointWithBody(UserBody, {
    method: 'POST',
    path: '/users',
    action: 'users.manage',
    summary: 'Give a person memberships of the client; without any, the person observes.',
    example: { email: 'ada@example.com', name: 'Ada', memberships: [{ role: 'editor' }] },
    reply: [201, User],
    refusals: ['user_exists', 'grant_refused', 'workspace_unknown'],
    handle: async (call) => {
      const { email, name = '', locale = '', memberships = [{ role: 'observer' as const }] } = call.body
      return { status: 201, body: await createUser(call.context, call, { email, name, locale, memberships }) }
    },
  }),
  endpoint({
    method: 'GET',
    path: '/users/:email',
    action: 'users.manage',
    summary: 'Read a person.',
    reply: [200, User],
    refusals: ['user_not_found'],
    handle: async (call) => {
      return { status: 200, body: await readUser(call.context, call, call.params['email'] ?? '') }
    },
  }),
  endpointWithBody(UserPatchBody, {
    method: 'PATCH',
    path: '/users/:email',
    action: 'users.manage',
    summary: 'Change a person, or all memberships of the client that the person has.',
    example: { name: 'Ada King' },
    reply: [200, User],
    refusals: ['user_not_found', 'grant_refused', 'workspace_unknown', 'last_system_admin'],
    handle: async (call) => {
      const patch = { ...call.body, email: call.params['email'] ?? '' }
      return { status: 200, body: await patchUser(call.context, call, patch) }
    },
  }),
  endpoint({
    method: 'DELETE',
    path: '/users/:email',
    action: 'users.manage',
    summary: 'Take a person’s memberships of the client away, and the person with the last one.',
    reply: [204],
    refusals: ['user_not_found', 'grant_refused', 'last_system_admin'],
    handle: async (call) => {
      await deleteUser(call.context, call, call.params['email'] ?? '')
      return { status: 204 }
    },
  }),
  endpoint({
    method: 'POST',
    path: '/users/:email/invitation',
    action: 'users.manage',
    summary: 'Make the link by which a person chooses a password, a first or a new one; it works once.',
    reply: [201, Invitation],
    refusals: ['user_not_found', 'grant_refused'],
    handle: async (call) => {
      const { email, token, expiresAtMs } = await invite(call.context, call, call.params['email'] ?? '')
      const expiresAt = new Date(expiresAtMs).toISOString()
      return { status: 201, body: { email, token, path: `/console/invitation/${token}`, expiresAt } }
    },
  }),
  endpoint({
    method: 'DELETE',
    path: '/users/:email/sessions',
    action: 'users.manage',
    summary: 'Sign a person out everywhere.',
    reply: [204],
    refusals: ['user_not_found', 'grant_refused'],
    handle: async (call) => {
      await endUserSessions(call.context, call, call.params['email'] ?? '')
      return { status: 204 }
    },
  }),
]
