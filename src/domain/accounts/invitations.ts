import { createHash, randomBytes } from 'node:crypto'
import { Refusal } from '../../lib/errors.ts'
import { dayMs } from '../../model/limits.ts'
import type { DocumentChange } from '../../store/store.ts'
import type { ControlContext, DomainContext } from '../context.ts'
import { bodyOf, installPartition, listAll, removal } from '../documents.ts'
import type { AccountOrder } from './credentials.ts'
import { changeOwn, readPerson, withPassword, type Whereabouts } from './own-account.ts'
import { requireGoodPassword } from './password-rules.ts'
import { userId, type User } from './people.ts'
import { changeWholeUser } from './users.ts'

/** How long the link of an invitation works, ms. @source issue: accounts and roles */
export const invitationLifeMs = dayMs

const invitationCollection = 'invitations'

/** What the digest of an invitation's token leads to. */
interface Invitation {
  readonly user: string
  readonly expiresAtMs: number
}

/** A fresh invitation; the token is in no other reply. */
export interface NewInvitation {
  readonly email: string
  readonly token: string
  readonly expiresAtMs: number
}

/**
 * Makes a link by which a person chooses a password, a first or a new one; it works once, and only
 * until there is a newer one.
 *
 * Whoever has the link can become the person: it takes the right to give all that the person holds.
 *
 * @throws Refusal `user_not_found`, `grant_refused`
 */
export async function invite(
  context: DomainContext,
  order: AccountOrder,
  email: string,
): Promise<NewInvitation> {
  const token = randomBytes(32).toString('base64url')
  const id = idOf(token)
  const expiresAtMs = context.clock.nowMs() + invitationLifeMs
  const body: Invitation = { user: userId(email), expiresAtMs }
  const insertion: DocumentChange = { kind: 'insert', collection: invitationCollection, id, body }
  const what = {
    email,
    operation: 'patch',
    note: { invitation: 'created' },
    also: async (known: User | undefined) => [insertion, ...(await removalOf(context, known?.invitation))],
  } as const
  const user = await changeWholeUser(context, order, what, (known) => ({ ...known, invitation: id }))
  return { email: user.email, token, expiresAtMs }
}

/** Reads for whom an invitation is. @throws Refusal `invitation_not_found` */
export async function readInvitation(
  context: ControlContext,
  token: string,
): Promise<{ user: User; expiresAtMs: number }> {
  const id = idOf(token)
  const document = await context.store.documents.get(installPartition, invitationCollection, id)
  const invitation = bodyOf<Invitation>(document)
  if (invitation === undefined || context.clock.nowMs() >= invitation.expiresAtMs) throw notFound()
  const user = await readPerson(context, invitation.user)
  if (user?.invitation !== id) throw notFound()
  return { user, expiresAtMs: invitation.expiresAtMs }
}

/**
 * Gives a person the password that they chose by an invitation, which ends with it, as do all
 * sessions of the person.
 *
 * @throws Refusal `invitation_not_found`, `password_refused`, `sign_in_busy`
 */
export async function acceptInvitation(
  context: ControlContext,
  { token, whereabouts }: { token: string; whereabouts: Whereabouts },
  { password, name }: { password: string; name?: string | undefined },
): Promise<User> {
  const { user } = await readInvitation(context, token)
  await requireGoodPassword(password, { email: user.email, name: name ?? user.name })
  const passwordHash = await context.passwords.hash(password)
  const id = idOf(token)
  const what = {
    operation: 'patch',
    note: { password: 'chosen by invitation' },
    also: () => removalOf(context, id),
  } as const
  return changeOwn(context, { user, whereabouts }, what, (known) => {
    if (known.invitation !== id) throw notFound()
    return withPassword({ ...known, name: name ?? known.name }, passwordHash)
  })
}

/** Forgets invitations that have expired. */
export async function sweepInvitations(context: DomainContext): Promise<void> {
  const { documents } = context.store
  const listing = { partition: installPartition, collection: invitationCollection }
  for await (const document of listAll(documents, listing)) {
    if (context.clock.nowMs() < (bodyOf<Invitation>(document)?.expiresAtMs ?? 0)) continue
    await documents.commit(installPartition, [removal(invitationCollection, document)])
  }
}

async function removalOf(context: DomainContext, id: string | undefined): Promise<DocumentChange[]> {
  if (id === undefined) return []
  const document = await context.store.documents.get(installPartition, invitationCollection, id)
  return document ? [removal(invitationCollection, document)] : []
}

/** Tokens are random, so that a fast digest is enough. */
function idOf(token: string): string {
  return createHash('sha256').update(token).digest('hex')
}

function notFound(): Refusal {
  return new Refusal(
    'invitation_not_found',
    'This link has been used, has expired or was replaced; ask an administrator for a new one.',
  )
}
