import { Refusal } from '../../lib/errors.ts'
import type { Actor } from '../audit/log.ts'
import type { Client } from '../clients/directory.ts'
import type { ControlContext } from '../context.ts'
import { bodyOf, installPartition } from '../documents.ts'
import { requireGoodPassword } from './password-rules.ts'
import { newGeneration, principalOfUser, userCollection, userId, type User } from './people.ts'
import { changeRecord, type UserChange } from './users.ts'

/** From where somebody acts for themselves. */
export type Whereabouts = Pick<Actor, 'address' | 'userAgent'> & {
  /** Code of the client in whose audit log those are kept who belong to none. */
  readonly defaultClient: string
}

/**
 * Finds the person that an address and a password belong to.
 *
 * @throws Refusal `sign_in_failed`, alike and after the same work for unknown people, people without
 *         a password and wrong passwords; `sign_in_delayed`, `sign_in_busy`
 */
export async function signIn(
  context: ControlContext,
  { email, password, address }: { email: string; password: string; address: string },
): Promise<User> {
  const user = await checkPassword(context, { email, password, address })
  if (user) return user
  throw new Refusal('sign_in_failed', 'The e-mail address or the password is not right.')
}

/** Reads a person as stored. */
export async function readPerson(context: ControlContext, email: string): Promise<User | undefined> {
  return bodyOf<User>(await context.store.documents.get(installPartition, userCollection, userId(email)))
}

async function checkPassword(
  context: ControlContext,
  { email, password, address }: { email: string; password: string; address: string },
): Promise<User | undefined> {
  const attempt = await context.attempts.begin({ account: userId(email), address })
  try {
    const user = await readPerson(context, email)
    if (!(await context.passwords.verify(user?.passwordHash, password))) return undefined
    await attempt.succeed()
    return user
  } catch (error) {
    await attempt.withdraw()
    throw error
  }
}

/** Changes one's own name or locale; what is so already leaves no trace. */
export async function changeOwnDetails(
  context: ControlContext,
  { user, whereabouts }: { user: User; whereabouts: Whereabouts },
  { name = user.name, locale = user.locale }: { name?: string | undefined; locale?: string | undefined },
): Promise<User> {
  if (name === user.name && locale === user.locale) return user
  return changeOwn(context, { user, whereabouts }, { operation: 'patch' }, (known) => ({
    ...known,
    name,
    locale,
  }))
}

/**
 * Changes one's own password; all sessions of the person end.
 *
 * @throws Refusal `password_wrong`, `password_refused`, `sign_in_delayed`, `sign_in_busy`
 */
export async function changeOwnPassword(
  context: ControlContext,
  { user, whereabouts }: { user: User; whereabouts: Whereabouts },
  { currentPassword, newPassword }: { currentPassword: string; newPassword: string },
): Promise<User> {
  await requireGoodPassword(newPassword, user)
  const { email } = user
  const { address } = whereabouts
  const checked = await checkPassword(context, { email, password: currentPassword, address })
  if (!checked) throw wrongPassword()
  const passwordHash = await context.passwords.hash(newPassword)
  const what = { operation: 'patch', note: { password: 'changed' } } as const
  return changeOwn(context, { user, whereabouts }, what, (known) => {
    // Another one was chosen while this was under way: that one is to be known.
    if (known.passwordHash !== checked.passwordHash) throw wrongPassword()
    return withPassword(known, passwordHash)
  })
}

/** A person with another password: sessions and links from before end. */
export function withPassword(user: User, passwordHash: string): User {
  return { ...user, passwordHash, invitation: undefined, generation: newGeneration() }
}

/** Changes a person's record as that person. */
export async function changeOwn(
  context: ControlContext,
  { user, whereabouts }: { user: User; whereabouts: Whereabouts },
  what: Omit<UserChange, 'email'>,
  next: (known: User) => User,
): Promise<User> {
  const { address, userAgent } = whereabouts
  const order = {
    client: await homeOf(context, user, whereabouts.defaultClient),
    actor: { id: user.email, name: user.name, address, userAgent },
    principal: principalOfUser(user),
  }
  return changeRecord(context, order, { email: user.email, ...what }, (known) => {
    if (known === undefined) throw new Refusal('session_required', 'This person has been removed.')
    return next(known)
  })
}

/** The client in whose audit log a person's own changes are kept: the first that they belong to. */
async function homeOf(context: ControlContext, user: User, defaultClient: string): Promise<Client> {
  const own = user.memberships.find(({ client }) => client !== undefined)?.client
  const client = (own && (await context.clients.get(own))) || (await context.clients.get(defaultClient))
  if (client) return client
  throw new Error(`there is no default client ${defaultClient}`)
}

function wrongPassword(): Refusal {
  return new Refusal('password_wrong', 'The current password is not right.')
}
