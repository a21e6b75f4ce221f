import { Refusal } from '../../lib/errors.ts'
import { randomHex } from '../../lib/ids.ts'
import { defaultWorkspace } from '../../model/permission.ts'
import { audit, type Actor } from '../audit/log.ts'
import type { Client } from '../clients/directory.ts'
import type { DomainContext } from '../context.ts'
import { bodyOf, change, listAll } from '../documents.ts'

/** A part of a client that people have roles in. */
export interface Workspace {
  readonly id: string
  readonly name: string
}

const collection = 'workspaces'

/** One record more for each name, so that no two workspaces have the same. */
const nameCollection = 'workspace-names'

export const workspaceCollections = [collection, nameCollection]

/** Every client has it, without a record. */
const defaultEntry: Workspace = { id: defaultWorkspace, name: 'Default Workspace' }

/** Lists the workspaces of a client, the default one first. */
export async function listWorkspaces(context: DomainContext, client: Client): Promise<Workspace[]> {
  const workspaces = [defaultEntry]
  for await (const document of listAll(context.store.documents, { partition: client.code, collection })) {
    const workspace = bodyOf<Workspace>(document)
    if (workspace) workspaces.push(workspace)
  }
  return workspaces
}

export async function findWorkspace(
  context: DomainContext,
  client: Client,
  id: string,
): Promise<Workspace | undefined> {
  if (id === defaultWorkspace) return defaultEntry
  return bodyOf<Workspace>(await context.store.documents.get(client.code, collection, id))
}

/**
 * Creates a workspace.
 *
 * @throws Refusal `workspace_exists` when another has this name
 */
export async function createWorkspace(
  context: DomainContext,
  { client, actor }: { client: Client; actor: Actor },
  name: string,
): Promise<Workspace> {
  const workspace = { id: `wsp_${randomHex(8)}`, name }
  await change(context.store.documents, client.code, async () => {
    const others = await listWorkspaces(context, client)
    if (others.some((other) => other.name === name)) {
      throw new Refusal('workspace_exists', `There is a workspace "${name}" already; choose another name.`)
    }
    const { id } = workspace
    const entry = { type: 'workspace', entityId: id, operation: 'create', after: workspace } as const
    return {
      changes: [
        { kind: 'insert', collection, id, body: workspace },
        { kind: 'insert', collection: nameCollection, id: name, body: { id } },
        ...audit(context, { client, actor, change: entry }),
      ],
      result: undefined,
    }
  })
  return workspace
}
