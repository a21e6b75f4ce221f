import type { Command } from 'commander'
import type { Workspace } from '#client'
import { addNoun, addVerb, requireCredential, runsOnline } from '../command.ts'
import type { Shell } from '../shell.ts'

/** `workspace`: parts of a client in which people hold roles. */
export function addWorkspace(program: Command, shell: Shell): void {
  const workspace = addNoun(program, 'workspace', 'list and create workspaces, in which people hold roles')
  const list = addVerb(workspace, 'list', {
    summary: 'list the workspaces of the client',
    details: 'For product admins.',
    examples: ['silhouette workspace list'],
  })
  runsOnline(list, shell, async (call) => {
    requireCredential(call)
    const reply = await call.service.workspaces.list({}, call)
    const columns = { ID: (one: Workspace) => one.id, NAME: (one: Workspace) => one.name }
    call.print.table(reply, reply.workspaces, columns, 'The client has no workspace.')
  })
  const create = addVerb(workspace, 'create <name>', {
    summary: 'create a workspace of the client',
    details: 'For product admins.',
    examples: ['silhouette workspace create Europe'],
  })
  runsOnline(create, shell, async (call, name = '') => {
    requireCredential(call)
    const made = await call.service.workspaces.create({ name }, call)
    call.print.done(made, `Created workspace ${made.id} (${made.name}).`)
  })
}
