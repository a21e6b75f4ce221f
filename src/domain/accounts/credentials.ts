import { createHash, timingSafeEqual } from 'node:crypto'
import { randomHex } from '../../lib/ids.ts'
import { Refusal } from '../../lib/errors.ts'
import { mayGrant, type Membership, type Principal, type Role } from '../../model/permission.ts'
import type { DocumentChange } from '../../store/store.ts'
import { audit, type Actor } from '../audit/log.ts'
import type { Client } from '../clients/directory.ts'
import type { DomainContext } from '../context.ts'
import { bodyOf, change, installPartition, listAll, removal } from '../documents.ts'
import { membershipFor, requireGrant } from './memberships.ts'

/** An API credential: a program that may call the Admin API, with the role of one membership. */
export interface Credential {
  readonly clientId: string
  readonly name: string
  readonly membership: Membership
  /** SHA-256 of the secret, hexadecimal. Secrets are random, so that a fast digest is enough. */
  readonly secretDigest: string
  /** Differs between two credentials of the same client id. */
  readonly generation: string
  readonly createdAtMs: number
}

/** A credential as it is shown. */
export interface CredentialEntry {
  readonly clientId: string
  readonly name: string
  readonly role: Role
  readonly workspace?: string | undefined
  readonly createdAt: string
}

export const credentialCollection = 'credentials'

/** The client in whose address a change is made, who makes it, and with what rights. */
export interface AccountOrder {
  readonly client: Client
  readonly actor: Actor
  readonly principal: Principal
}

/**
 * Creates an API credential of a client.
 *
 * @returns the entry and, this once, the secret
 * @throws  Refusal `grant_refused`, `workspace_unknown`
 */
export async function createCredential(
  context: DomainContext,
  order: AccountOrder,
  given: { name: string; role: Role; workspace?: string | undefined },
): Promise<CredentialEntry & { clientSecret: string }> {
  const membership = await membershipFor(context, order.client, given)
  requireGrant(order.principal, membership)
  const clientSecret = randomHex(24)
  const credential = makeCredential(context, {
    clientId: `crd_${randomHex(12)}`,
    clientSecret,
    name: given.name,
    membership,
  })
  await change(context.store.documents, installPartition, async () => ({
    changes: insertion(context, order, credential),
    result: undefined,
  }))
  return { ...entryOf(credential), clientSecret }
}

/** Makes a credential's record. */
export function makeCredential(
  context: DomainContext,
  given: { clientId: string; clientSecret: string; name: string; membership: Membership },
): Credential {
  const { clientId, clientSecret, name, membership } = given
  return {
    clientId,
    name,
    membership,
    secretDigest: digestOf(clientSecret).toString('hex'),
    generation: randomHex(8),
    createdAtMs: context.clock.nowMs(),
  }
}

/** The changes that store a new credential with its entry in the audit log. */
export function insertion(
  context: DomainContext,
  { client, actor }: Pick<AccountOrder, 'client' | 'actor'>,
  credential: Credential,
): DocumentChange[] {
  const after = entryOf(credential)
  const entry = { type: 'credential', entityId: credential.clientId, operation: 'create', after } as const
  return [
    { kind: 'insert', collection: credentialCollection, id: credential.clientId, body: credential },
    ...audit(context, { client, actor, change: entry }),
  ]
}

/** Lists the credentials of a client; to a system admin also those of the whole install. */
export async function listCredentials(
  context: DomainContext,
  { client, principal }: Pick<AccountOrder, 'client' | 'principal'>,
): Promise<CredentialEntry[]> {
  const entries: CredentialEntry[] = []
  const listing = { partition: installPartition, collection: credentialCollection }
  for await (const document of listAll(context.store.documents, listing)) {
    const credential = bodyOf<Credential>(document)
    if (credential && isShown(credential, client, principal)) entries.push(entryOf(credential))
  }
  return entries
}

/**
 * Ends a credential, and with it its access tokens.
 *
 * @throws Refusal `credential_not_found`, `grant_refused`
 */
export async function deleteCredential(
  context: DomainContext,
  order: AccountOrder,
  clientId: string,
): Promise<void> {
  const { documents } = context.store
  await change(documents, installPartition, async () => {
    const document = await documents.get(installPartition, credentialCollection, clientId)
    const credential = bodyOf<Credential>(document)
    if (!document || !credential || !isShown(credential, order.client, order.principal)) {
      throw new Refusal('credential_not_found', `There is no API credential "${clientId}" here.`)
    }
    requireGrant(order.principal, credential.membership)
    const before = entryOf(credential)
    const entry = { type: 'credential', entityId: clientId, operation: 'delete', before } as const
    return {
      changes: [removal(credentialCollection, document), ...audit(context, { ...order, change: entry })],
      result: undefined,
    }
  })
}

/** Ends all credentials of a client. */
export async function removeClientCredentials(context: DomainContext, client: string): Promise<void> {
  const { documents } = context.store
  const listing = { partition: installPartition, collection: credentialCollection }
  for await (const document of listAll(documents, listing)) {
    if (bodyOf<Credential>(document)?.membership.client !== client) continue
    await documents.commit(installPartition, [removal(credentialCollection, document)])
  }
}

/** Reads a credential by its client id. */
export async function findCredential(
  context: DomainContext,
  clientId: string,
): Promise<Credential | undefined> {
  return bodyOf<Credential>(
    await context.store.documents.get(installPartition, credentialCollection, clientId),
  )
}

/**
 * Reads the credential that a client id and secret belong to.
 *
 * @throws Refusal `credential_invalid`, alike for an unknown id and a wrong secret
 */
export async function requireSecret(
  context: DomainContext,
  clientId: string,
  clientSecret: string,
): Promise<Credential> {
  const credential = await findCredential(context, clientId)
  const expected = credential ? Buffer.from(credential.secretDigest, 'hex') : digestOf('')
  const isSame = timingSafeEqual(digestOf(clientSecret), expected)
  if (credential && isSame) return credential
  throw new Refusal('credential_invalid', 'The client id is unknown or its secret is another.')
}

/** Who a credential is, with what rights. */
export function principalOf({ clientId, name, membership }: Credential): Principal {
  return { kind: 'credential', id: clientId, name, memberships: [membership] }
}

/** Those of the install itself are shown to those who could have made them. */
function isShown({ membership }: Credential, client: Client, principal: Principal): boolean {
  if (membership.client === undefined) return mayGrant(principal, membership)
  return membership.client === client.code
}

function entryOf({ clientId, name, membership, createdAtMs }: Credential): CredentialEntry {
  const { role, workspace } = membership
  return { clientId, name, role, workspace, createdAt: new Date(createdAtMs).toISOString() }
}

function digestOf(secret: string): Buffer {
  return createHash('sha256').update(secret).digest()
}
