import { createHash } from 'node:crypto'
import type { DocumentChange } from '../../store/store.ts'
import { obfuscateAddress } from '../../model/address.ts'
import type { Client } from '../clients/directory.ts'
import type { DomainContext } from '../context.ts'
import { bodyOf, installPartition, listAll, removal } from '../documents.ts'

/** Kinds of things whose changes are kept. Adobe's own are asked for, and have no changes here. */
export const auditedTypes = [
  'clientSettings',
  'authenticationToken',
  'client',
  'credential',
  'user',
  'workspace',
  'profile',
] as const

export type AuditedType = (typeof auditedTypes)[number]

/** Types whose records lie with the install, not with a client. */
const installTypes: ReadonlySet<AuditedType> = new Set(['client', 'credential', 'user'])

/** The collection of entries; in it each entry stands twice: by time, and by its entity. */
const collection = 'revisions'

/** Who changes something, and from where. */
export interface Actor {
  /** E-mail address of a person, client id of a credential. */
  readonly id: string
  readonly name: string
  readonly address: string
  readonly userAgent: string
}

/** The service itself, as it changes what the first start and the settings ask for. */
export const serviceActor: Actor = { id: 'silhouette', name: 'Silhouette', address: '', userAgent: '' }

export type Operation = 'create' | 'update' | 'patch' | 'delete'

/** A change of the control plane; `before` and `after` never hold a secret. */
export interface AuditedChange {
  readonly type: AuditedType
  readonly entityId: string
  readonly operation: Operation
  readonly before?: unknown
  readonly after?: unknown
}

/** A kept change. `id` grows with time. */
export interface AuditEntry extends AuditedChange {
  readonly id: number
  readonly atMs: number
  readonly by: Actor
}

/**
 * Makes the changes that append an entry to the audit log, for the same commit as the change itself.
 *
 * @param client whose log it goes to: the client in the address of the call
 */
export function audit(
  context: DomainContext,
  { client, actor, change }: { client: Client; actor: Actor; change: AuditedChange },
): DocumentChange[] {
  const atMs = context.clock.nowMs()
  const id = nextId(atMs)
  const address = obfuscateAddress(actor.address, client.ipObfuscation)
  const body: AuditEntry = { ...change, id, atMs, by: { ...actor, address } }
  const at = newestFirst(id)
  return [byTime(client.code, change.type), byEntity(client.code, change)].map((prefix) => ({
    kind: 'insert',
    collection,
    id: prefix + at,
    body,
  }))
}

/** The id given last, so that the next one is later. */
let lastId = 0

/** Unique within a process; two nodes that meet make the commit fail, and it is made again. */
function nextId(atMs: number): number {
  lastId = Math.max(lastId + 1, atMs * 1000 + Math.floor(Math.random() * 500))
  return lastId
}

/** Where the log of a type is kept. */
export function auditPartition(client: string, type: AuditedType): string {
  return installTypes.has(type) ? installPartition : client
}

export interface AuditQuery {
  readonly client: string
  readonly type: AuditedType
  /** Only the entries of this entity. */
  readonly entityId?: string | undefined
  /** Only entries from this moment on, epoch ms. */
  readonly sinceMs?: number | undefined
  /** Only entries of this person or credential. */
  readonly by?: string | undefined
}

/** Reads the entries that a query is for, the newest first. */
export async function* readAudit(context: DomainContext, query: AuditQuery): AsyncGenerator<AuditEntry> {
  const { client, type, entityId, sinceMs = 0, by } = query
  const prefix = entityId === undefined ? byTime(client, type) : byEntity(client, { type, entityId })
  const listing = { partition: auditPartition(client, type), collection, prefix }
  for await (const document of listAll(context.store.documents, listing)) {
    const entry = bodyOf<AuditEntry>(document)
    if (entry === undefined || entry.atMs < sinceMs) return
    if (by === undefined || entry.by.id === by) yield entry
  }
}

/** Entries forgotten in one commit. */
const forgottenAtOnce = 100

/** Forgets the entries of a client's log from before a moment. */
export async function forgetAudit(context: DomainContext, client: string, beforeMs: number): Promise<void> {
  const { documents } = context.store
  for (const type of auditedTypes) {
    const partition = auditPartition(client, type)
    const prefix = byTime(client, type)
    const after = prefix + newestFirst(beforeMs * 1000)
    let changes: DocumentChange[] = []
    for await (const document of listAll(documents, { partition, collection, prefix, after })) {
      const entry = bodyOf<AuditEntry>(document)
      if (entry === undefined) continue
      changes.push(removal(collection, document))
      changes.push(removal(collection, { ...document, id: byEntity(client, entry) + newestFirst(entry.id) }))
      if (changes.length < 2 * forgottenAtOnce) continue
      await documents.commit(partition, changes)
      changes = []
    }
    await documents.commit(partition, changes)
  }
}

function byTime(client: string, type: AuditedType): string {
  return `${client}/${type}/time/`
}

/** Ids of entities may be long and hold anything: a digest stands for them. */
function byEntity(client: string, { type, entityId }: Pick<AuditedChange, 'type' | 'entityId'>): string {
  return `${client}/${type}/entity/${createHash('sha256').update(entityId).digest('hex')}/`
}

/** A text that sorts before that of any earlier id. */
function newestFirst(id: number): string {
  return String(Number.MAX_SAFE_INTEGER - id).padStart(16, '0')
}
