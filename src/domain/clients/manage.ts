import { Refusal } from '../../lib/errors.ts'
import { failedRowsName } from '../../model/batch.ts'
import { imsOrgIdOf } from '../../model/client-code.ts'
import type { DocumentChange } from '../../store/store.ts'
import { audit, type Actor, type AuditedChange } from '../audit/log.ts'
import type { ControlContext, DomainContext } from '../context.ts'
import { bodyOf, change, installPartition, listAll, put, removal } from '../documents.ts'
import { removeClientCredentials } from '../accounts/credentials.ts'
import { removeClientUsers } from '../accounts/users.ts'
import { workspaceCollections } from '../accounts/workspaces.ts'
import { callerCollections } from '../callers/log.ts'
import { tokenCollection } from '../tokens/record.ts'
import {
  clientCollection,
  imsOrgCollection,
  settingsCollection,
  type Client,
  type ClientRecord,
} from './directory.ts'

/** A client as its record is shown. */
export type ClientEntry = Pick<ClientRecord, 'code' | 'name' | 'imsOrgId'>

/** Who makes the change, and in whose address. */
interface By {
  readonly client: Client
  readonly actor: Actor
}

/** Lists the clients of the install by code. */
export async function listClients(context: DomainContext): Promise<ClientEntry[]> {
  const clients: ClientEntry[] = []
  const listing = { partition: installPartition, collection: clientCollection }
  for await (const document of listAll(context.store.documents, listing)) {
    const record = bodyOf<ClientRecord>(document)
    if (record) clients.push(entryOf(record))
  }
  return clients
}

/**
 * Creates a client with default settings.
 *
 * @throws Refusal `client_exists`, `ims_org_taken`
 */
export async function createClient(
  context: ControlContext,
  by: By,
  { code, name, imsOrgId = imsOrgIdOf(code) }: { code: string; name: string; imsOrgId?: string | undefined },
): Promise<ClientEntry> {
  const { documents } = context.store
  const record: ClientRecord = {
    code,
    name,
    imsOrgId,
    profileLifetimeDays: context.settings.profileLifetimeDays,
  }
  if (await documents.get(installPartition, clientCollection, code)) throw codeTaken(code)
  // What a client of this code may have left, deleted when the server died, does not belong to this one.
  await clearClient(context, code)
  await change(documents, installPartition, async () => {
    if (await documents.get(installPartition, clientCollection, code)) throw codeTaken(code)
    await requireFreeOrg(context, imsOrgId)
    const entry = { type: 'client', entityId: code, operation: 'create', after: entryOf(record) } as const
    return {
      changes: [
        { kind: 'insert', collection: clientCollection, id: code, body: record },
        { kind: 'insert', collection: imsOrgCollection, id: imsOrgId, body: { code } },
        ...auditClient(context, by, entry),
      ],
      result: undefined,
    }
  })
  context.clients.forget(code)
  return entryOf(record)
}

/**
 * Changes the name or the IMS organization of a client.
 *
 * @throws Refusal `ims_org_taken`, `client_unknown`
 */
export async function patchClient(
  context: ControlContext,
  by: By,
  { code, ...patch }: { code: string; name?: string | undefined; imsOrgId?: string | undefined },
): Promise<ClientEntry> {
  const { documents } = context.store
  const entry = await change(documents, installPartition, async () => {
    const { document, record } = await requireRecord(context, code)
    const body: ClientRecord = {
      ...record,
      name: patch.name ?? record.name,
      imsOrgId: patch.imsOrgId ?? record.imsOrgId,
    }
    const audited = {
      type: 'client',
      entityId: code,
      operation: 'patch',
      before: entryOf(record),
      after: entryOf(body),
    } as const
    return {
      changes: [
        put(clientCollection, code, { document, body }),
        ...(await moveOrg(context, record, body)),
        ...auditClient(context, by, audited),
      ],
      result: entryOf(body),
    }
  })
  context.clients.forget(code)
  return entry
}

/**
 * Deletes a client with everything that belongs to it.
 *
 * From the moment that the call is answered the client is unknown, and one made again with its code
 * shows nothing of it.
 *
 * @throws Refusal `client_in_use` while a batch of it is not complete, `client_unknown`
 */
export async function deleteClient(context: ControlContext, by: By, code: string): Promise<void> {
  const { batches, documents } = context.store
  if (await batches.head(code)) throw batchUnderWay(code)
  await change(documents, installPartition, async () => {
    const { document, record } = await requireRecord(context, code)
    const org = await documents.get(installPartition, imsOrgCollection, record.imsOrgId)
    const entry = { type: 'client', entityId: code, operation: 'delete', before: entryOf(record) } as const
    return {
      changes: [
        removal(clientCollection, document),
        ...(org ? [removal(imsOrgCollection, org)] : []),
        ...auditClient(context, by, entry),
      ],
      result: undefined,
    }
  })
  context.clients.forget(code)
  context.tokens.forget(code)
  await clearClient(context, code)
}

/** Collections of a client's partition that end with it; the audit log is kept for its time. */
const clientCollections = [settingsCollection, tokenCollection, ...callerCollections, ...workspaceCollections]

/** Removes what belongs to a code, and to no client any more. */
async function clearClient(context: DomainContext, code: string) {
  const { store } = context
  await removeClientCredentials(context, code)
  await removeClientUsers(context, code)
  await store.documents.clear(code, clientCollections)
  await store.profiles.removeClient(code)
  for (const batchId of await store.batches.removeClient(code)) {
    await store.spool.remove(batchId)
    await store.spool.remove(failedRowsName(batchId))
  }
}

/** The log of clients is one for the install: a client that is gone has none of its own. */
function auditClient(context: DomainContext, { client, actor }: By, entry: AuditedChange): DocumentChange[] {
  return audit(context, { client: { ...client, code: installPartition }, actor, change: entry })
}

async function moveOrg(
  context: DomainContext,
  from: ClientRecord,
  to: ClientRecord,
): Promise<DocumentChange[]> {
  if (from.imsOrgId === to.imsOrgId) return []
  await requireFreeOrg(context, to.imsOrgId)
  const old = await context.store.documents.get(installPartition, imsOrgCollection, from.imsOrgId)
  return [
    ...(old ? [removal(imsOrgCollection, old)] : []),
    { kind: 'insert', collection: imsOrgCollection, id: to.imsOrgId, body: { code: to.code } },
  ]
}

async function requireRecord(context: DomainContext, code: string) {
  const document = await context.store.documents.get(installPartition, clientCollection, code)
  const record = bodyOf<ClientRecord>(document)
  if (document === undefined || record === undefined) {
    throw new Refusal('client_unknown', `There is no client "${code}".`)
  }
  return { document, record }
}

async function requireFreeOrg(context: DomainContext, imsOrgId: string) {
  const document = await context.store.documents.get(installPartition, imsOrgCollection, imsOrgId)
  const owner = bodyOf<{ code: string }>(document)?.code
  if (owner === undefined) return
  throw new Refusal('ims_org_taken', `The imsOrgId "${imsOrgId}" belongs to client ${owner}; give another.`)
}

function entryOf({ code, name, imsOrgId }: ClientRecord): ClientEntry {
  return { code, name, imsOrgId }
}

function codeTaken(code: string): Refusal {
  return new Refusal('client_exists', `There is a client "${code}" already; choose another code.`)
}

function batchUnderWay(code: string): Refusal {
  return new Refusal(
    'client_in_use',
    `A batch of client ${code} is not complete; delete the client when it is.`,
  )
}
