import { randomBytes } from 'node:crypto'
import { randomHex } from '../../lib/ids.ts'
import { audit, serviceActor } from '../audit/log.ts'
import type { Client } from '../clients/directory.ts'
import type { DocumentStore } from '../../store/store.ts'
import type { ControlContext } from '../context.ts'
import { bodyOf, change, installPartition, put } from '../documents.ts'
import type { SecretKey } from '../secret-key.ts'
import { insertion, makeCredential } from './credentials.ts'
import { newGeneration, userCollection, userId, type User } from './people.ts'

/** What the settings choose for the first start; what they leave out is made up. */
export interface FirstAccounts {
  readonly email: string
  readonly password: string
  readonly clientId: string
  readonly clientSecret: string
}

type Chosen = { readonly [Key in keyof FirstAccounts]?: string | undefined } & {
  /** Whether another secret key than before is meant: sealed tokens are given up. */
  readonly keyChanged?: boolean
}

/** The secrets that were made up at the first start, to be shown once. */
export interface MadeSecrets {
  readonly email: string
  readonly password?: string | undefined
  readonly clientId: string
  readonly clientSecret?: string | undefined
}

/** The record that tells that the first start has been, and with which secret key. */
const installCollection = 'install'
const installId = 'install'

interface Install {
  readonly secretKeyFingerprint: string
}

/**
 * Creates the first system admin and API credential, unless the store has them.
 *
 * @param client the default client: in its address the entries of the audit log are read
 * @returns what was made up, on the first start alone
 * @throws  Error when the store was used with another secret key
 */
export async function ensureAccounts(
  context: ControlContext,
  client: Client,
  given: Chosen,
): Promise<MadeSecrets | undefined> {
  const { documents } = context.store
  const { fingerprint } = context.secretKey
  if (given.keyChanged === true) await keepFingerprint(context)
  const known = await readInstall(documents)
  if (known) return requireSameKey(known, fingerprint)
  const secrets = completeAccounts(given)
  const install: Install = { secretKeyFingerprint: fingerprint }
  const done = await documents.commit(installPartition, [
    { kind: 'insert', collection: installCollection, id: installId, body: install },
    ...(await firstUser(context, client, secrets)),
    ...firstCredential(context, client, secrets),
  ])
  // Another node was first: its accounts are the ones.
  if (!done) return requireSameKey(await readInstall(documents), fingerprint)
  return {
    email: secrets.email,
    clientId: secrets.clientId,
    password: given.password === undefined ? secrets.password : undefined,
    clientSecret: given.clientSecret === undefined ? secrets.clientSecret : undefined,
  }
}

/** Tells whether a store was first used with this secret key, or not yet with any. */
export async function keyFits(documents: DocumentStore, { fingerprint }: SecretKey): Promise<boolean> {
  const install = await readInstall(documents)
  return install === undefined || install.secretKeyFingerprint === fingerprint
}

async function readInstall(documents: DocumentStore): Promise<Install | undefined> {
  return bodyOf<Install>(await documents.get(installPartition, installCollection, installId))
}

/** Takes the key in use for the install's from here on. */
async function keepFingerprint({ store, secretKey }: ControlContext) {
  await change(store.documents, installPartition, async () => {
    const document = await store.documents.get(installPartition, installCollection, installId)
    const body: Install = { secretKeyFingerprint: secretKey.fingerprint }
    const changes = document ? [put(installCollection, installId, { document, body })] : []
    return { changes, result: undefined }
  })
}

function requireSameKey(install: Install | undefined, fingerprint: string): undefined {
  if (install?.secretKeyFingerprint === fingerprint) return undefined
  throw new Error(
    'the secret key is not the one that this store was first used with; ' +
      'give that one in SILHOUETTE_SECRET_KEY, or put its file secret-key back into the store directory. ' +
      'If it is lost, start once with SILHOUETTE_SECRET_KEY_CHANGED=yes: tokens go on working, but cannot ' +
      'be read again',
  )
}

function completeAccounts(given: Chosen): FirstAccounts {
  return {
    email: given.email ?? 'admin@localhost',
    password: given.password ?? randomBytes(15).toString('base64url'),
    clientId: given.clientId ?? `crd_${randomHex(12)}`,
    clientSecret: given.clientSecret ?? randomHex(24),
  }
}

async function firstUser(context: ControlContext, client: Client, { email, password }: FirstAccounts) {
  const user: User = {
    email,
    name: 'Administrator',
    locale: '',
    memberships: [{ role: 'systemAdmin' }],
    passwordHash: await context.passwords.hash(password),
    generation: newGeneration(),
    createdAtMs: context.clock.nowMs(),
  }
  const { passwordHash: _, generation: __, ...after } = user
  const entry = { type: 'user', entityId: userId(email), operation: 'create', after } as const
  return [
    { kind: 'insert', collection: userCollection, id: userId(email), body: user } as const,
    ...audit(context, { client, actor: serviceActor, change: entry }),
  ]
}

function firstCredential(context: ControlContext, client: Client, { clientId, clientSecret }: FirstAccounts) {
  const credential = makeCredential(context, {
    clientId,
    clientSecret,
    name: 'First credential',
    membership: { role: 'systemAdmin' },
  })
  return insertion(context, { client, actor: serviceActor }, credential)
}
