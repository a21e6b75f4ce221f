import { Refusal } from '../../lib/errors.ts'
import { isSystemAdmin, mayGrant, type Membership, type Principal } from '../../model/permission.ts'
import type { Document, DocumentChange } from '../../store/store.ts'
import { audit, type Operation } from '../audit/log.ts'
import type { DomainContext } from '../context.ts'
import { bodyOf, change, installPartition, listAll, put, removal } from '../documents.ts'
import type { AccountOrder } from './credentials.ts'
import { membershipFor, requireGrant } from './memberships.ts'
import { newGeneration, userCollection, userId, type User } from './people.ts'

/** A person as seen on one client: with the memberships there, and a system admin's. */
export type UserEntry = Pick<User, 'email' | 'name' | 'locale' | 'memberships'>

/** A membership as callers give it: of the client in the address unless it says otherwise. */
export type GivenMembership = Pick<Membership, 'role'> & {
  readonly client?: string | undefined
  readonly workspace?: string | undefined
}

/** Lists the people of a client whom the caller administers, by e-mail address. */
export async function listUsers(
  context: DomainContext,
  order: Pick<AccountOrder, 'client' | 'principal'>,
): Promise<UserEntry[]> {
  const entries: UserEntry[] = []
  const listing = { partition: installPartition, collection: userCollection }
  for await (const document of listAll(context.store.documents, listing)) {
    const user = bodyOf<User>(document)
    if (user && isShown(user, order)) entries.push(entryOf(user, order))
  }
  return entries
}

/** Reads a person of a client. @throws Refusal `user_not_found` */
export async function readUser(
  context: DomainContext,
  order: Pick<AccountOrder, 'client' | 'principal'>,
  email: string,
): Promise<UserEntry> {
  return entryOf((await requireUser(context, order, email)).user, order)
}

/**
 * Makes a person known on a client; one who is known on others gets these memberships too.
 *
 * @throws Refusal `user_exists`, `grant_refused`, `workspace_unknown`
 */
export async function createUser(
  context: DomainContext,
  order: AccountOrder,
  given: { email: string; name: string; locale: string; memberships: readonly GivenMembership[] },
): Promise<UserEntry> {
  const memberships = await resolve(context, order, given.memberships)
  const what = { email: given.email, operation: 'create' } as const
  return changeUser(context, order, what, (known) => {
    if (known && isShown(known, order)) throw userExists(given.email)
    for (const membership of memberships) requireGrant(order.principal, membership)
    const base = known ?? {
      email: given.email,
      name: given.name,
      locale: given.locale,
      memberships: [],
      generation: newGeneration(),
      createdAtMs: context.clock.nowMs(),
    }
    return { ...base, memberships: [...base.memberships, ...without(memberships, base.memberships)] }
  })
}

/**
 * Changes a person's name, locale, or memberships on the client.
 *
 * @param patch.memberships all that the person is to have here: those left out are taken away
 * @throws Refusal `user_not_found`, `grant_refused`, `workspace_unknown`, `last_system_admin`
 */
export async function patchUser(
  context: DomainContext,
  order: AccountOrder,
  {
    email,
    ...patch
  }: {
    email: string
    name?: string | undefined
    locale?: string | undefined
    memberships?: readonly GivenMembership[] | undefined
  },
): Promise<UserEntry> {
  const wanted = patch.memberships && (await resolve(context, order, patch.memberships))
  await requireUser(context, order, email)
  return changeUser(context, order, { email, operation: 'patch' }, (known) => {
    if (known === undefined) throw noUser(email)
    const here = membershipsHere(known, order)
    for (const held of wanted ? differing(here, wanted) : []) requireGrant(order.principal, held)
    // A name is the person's everywhere, so whoever changes it must administer all that they are.
    const renames = patch.name !== undefined || patch.locale !== undefined
    for (const held of renames ? known.memberships : []) requireGrant(order.principal, held)
    const elsewhere = known.memberships.filter((held) => !here.includes(held))
    return {
      ...known,
      name: patch.name ?? known.name,
      locale: patch.locale ?? known.locale,
      memberships: wanted ? [...elsewhere, ...wanted] : known.memberships,
    }
  })
}

/**
 * Takes a person's memberships of the client away, and the person with the last of them.
 *
 * Of someone who is a system admin and nothing else, that membership is taken.
 *
 * @throws Refusal `user_not_found`, `grant_refused`, `last_system_admin`
 */
export async function deleteUser(context: DomainContext, order: AccountOrder, email: string): Promise<void> {
  await requireUser(context, order, email)
  await changeUser(context, order, { email, operation: 'delete' }, (known) => {
    if (known === undefined) throw noUser(email)
    const ofClient = known.memberships.filter(({ client }) => client === order.client.code)
    const taken = ofClient.length > 0 ? ofClient : membershipsHere(known, order)
    for (const held of taken) requireGrant(order.principal, held)
    return { ...known, memberships: known.memberships.filter((held) => !taken.includes(held)) }
  })
}

/**
 * Makes a change of a person that concerns all that they are, wherever: whoever makes it must
 * administer all of that.
 *
 * @throws Refusal `user_not_found`, `grant_refused`
 */
export async function changeWholeUser(
  context: DomainContext,
  order: AccountOrder,
  what: UserChange,
  next: (known: User) => User,
): Promise<User> {
  await requireUser(context, order, what.email)
  return changeRecord(context, order, what, (known) => {
    if (known === undefined) throw noUser(what.email)
    for (const held of known.memberships) requireGrant(order.principal, held)
    return next(known)
  })
}

/**
 * Ends all sessions of a person.
 *
 * @throws Refusal `user_not_found`, `grant_refused`
 */
export async function endUserSessions(
  context: DomainContext,
  order: AccountOrder,
  email: string,
): Promise<void> {
  const what: UserChange = { email, operation: 'patch', note: { sessions: 'ended' } }
  await changeWholeUser(context, order, what, (known) => ({ ...known, generation: newGeneration() }))
}

/** Takes all memberships of a client away, and the people who have no others. */
export async function removeClientUsers(context: DomainContext, client: string): Promise<void> {
  const { documents } = context.store
  const listing = { partition: installPartition, collection: userCollection }
  for await (const { id } of listAll(documents, listing)) {
    await change(documents, installPartition, async () => {
      const document = await documents.get(installPartition, userCollection, id)
      const user = bodyOf<User>(document)
      const memberships = user?.memberships.filter((held) => held.client !== client)
      const isConcerned = user && memberships && memberships.length < user.memberships.length
      return {
        changes: isConcerned ? [userChange(document, { ...user, memberships })] : [],
        result: undefined,
      }
    })
    context.people.forget(id)
  }
}

/** A change of a person's record, as it is made and kept in the audit log. */
export interface UserChange {
  readonly email: string
  readonly operation: Operation
  /** What the log tells besides the person as shown: of secrets, that they changed. */
  readonly note?: Readonly<Record<string, unknown>>
  /** Further changes of the same commit. */
  readonly also?: (known: User | undefined) => Promise<readonly DocumentChange[]>
}

/** Changes a person's record, and shows the person as the caller sees them. */
async function changeUser(
  context: DomainContext,
  order: AccountOrder,
  what: UserChange,
  next: (known: User | undefined) => User,
): Promise<UserEntry> {
  return entryOf(await changeRecord(context, order, what, next), order)
}

/** Changes a person's record in one commit with the audit log; without memberships the record goes. */
export async function changeRecord(
  context: DomainContext,
  order: AccountOrder,
  what: UserChange,
  next: (known: User | undefined) => User,
): Promise<User> {
  const { documents } = context.store
  const id = userId(what.email)
  const changed = await change(documents, installPartition, async () => {
    const document = await documents.get(installPartition, userCollection, id)
    const known = bodyOf<User>(document)
    const user = next(known)
    const endsAdmin = known !== undefined && isSystemAdmin(known) && !isSystemAdmin(user)
    return {
      changes: [
        userChange(document, user),
        ...((await what.also?.(known)) ?? []),
        ...(endsAdmin ? [await leaveAdmins(context, id)] : []),
        ...audit(context, { ...order, change: audited(known, user, { ...order, ...what }) }),
      ],
      result: user,
    }
  })
  context.people.forget(id)
  return changed
}

function userChange(document: Document | undefined, user: User): DocumentChange {
  const id = userId(user.email)
  if (document && user.memberships.length === 0) return removal(userCollection, document)
  return put(userCollection, id, { document, body: user })
}

function audited(
  known: User | undefined,
  user: User,
  order: Pick<AccountOrder, 'client' | 'principal'> & UserChange,
) {
  const isGone = user.memberships.length === 0
  return {
    type: 'user',
    entityId: userId(user.email),
    operation: order.operation,
    before: known && entryOf(known, order),
    after: isGone ? undefined : { ...entryOf(user, order), ...order.note },
  } as const
}

/** Makes full memberships of what a caller gave; only system admins may name another client. */
async function resolve(
  context: DomainContext,
  { client, principal }: AccountOrder,
  given: readonly GivenMembership[],
): Promise<Membership[]> {
  const memberships: Membership[] = []
  for (const { role, workspace, client: code } of given) {
    if (code !== undefined && code !== client.code) throw otherClient(code, client.code)
    const membership = await membershipFor(context, client, { role, workspace })
    if (!memberships.some((held) => isEqual(held, membership))) memberships.push(membership)
  }
  if (memberships.length > 0) return memberships
  throw new Refusal('parameter_invalid', `memberships is empty; give one at least.`, { by: principal.id })
}

function otherClient(code: string, here: string): Refusal {
  return new Refusal(
    'parameter_invalid',
    `memberships names client "${code}" in an address of client ${here}; call the address of that client.`,
  )
}

/** Reads a person whom the caller administers. @throws Refusal `user_not_found` */
async function requireUser(
  context: DomainContext,
  order: Pick<AccountOrder, 'client' | 'principal'>,
  email: string,
): Promise<{ user: User }> {
  const document = await context.store.documents.get(installPartition, userCollection, userId(email))
  const user = bodyOf<User>(document)
  if (user && isShown(user, order)) return { user }
  throw noUser(email)
}

/**
 * Makes sure that somebody else is a system admin.
 *
 * @returns a change that fails when another system admin leaves at the same moment
 */
async function leaveAdmins(context: DomainContext, id: string): Promise<DocumentChange> {
  const { documents } = context.store
  const document = await documents.get(installPartition, guardCollection, guardId)
  await requireAnotherAdmin(context, id)
  return put(guardCollection, guardId, { document, body: { left: id } })
}

/** The record that all who take a system admin away have to change. */
const guardCollection = 'install'
const guardId = 'system-admins'

async function requireAnotherAdmin(context: DomainContext, id: string): Promise<void> {
  const listing = { partition: installPartition, collection: userCollection }
  for await (const document of listAll(context.store.documents, listing)) {
    const user = bodyOf<User>(document)
    if (user && document.id !== id && isSystemAdmin(user)) return
  }
  throw new Refusal(
    'last_system_admin',
    'This person is the last system admin; make somebody else a system admin first.',
  )
}

/** A person is shown to those who administer a membership of theirs here. */
function isShown(user: User, order: Pick<AccountOrder, 'client' | 'principal'>): boolean {
  return (
    membershipsHere(user, order).some((membership) => mayGrant(order.principal, membership)) ||
    (holdsHere(order.principal, 'productAdmin', order) &&
      user.memberships.some((held) => held.client === order.client.code))
  )
}

function holdsHere(principal: Principal, role: Membership['role'], { client }: Pick<AccountOrder, 'client'>) {
  return principal.memberships.some((held) => held.role === role && held.client === client.code)
}

/** The memberships of the client in the address; to system admins also those of the install. */
function membershipsHere(
  { memberships }: Pick<User, 'memberships'>,
  { client, principal }: Pick<AccountOrder, 'client' | 'principal'>,
): Membership[] {
  return memberships.filter(
    (held) => held.client === client.code || (held.client === undefined && isSystemAdmin(principal)),
  )
}

function differing(before: readonly Membership[], after: readonly Membership[]): Membership[] {
  return [...without(before, after), ...without(after, before)]
}

function without(from: readonly Membership[], others: readonly Membership[]): Membership[] {
  return from.filter((held) => !others.some((other) => isEqual(held, other)))
}

function isEqual(a: Membership, b: Membership): boolean {
  return a.client === b.client && a.workspace === b.workspace && a.role === b.role
}

function entryOf(user: User, order: Pick<AccountOrder, 'client' | 'principal'>): UserEntry {
  const { email, name, locale } = user
  return { email, name, locale, memberships: membershipsHere(user, order) }
}

function userExists(email: string): Refusal {
  return new Refusal('user_exists', `${email} has memberships here already; change them with PATCH.`)
}

function noUser(email: string): Refusal {
  return new Refusal('user_not_found', `There is no person "${email}" here.`)
}
