import { Refusal } from '../../lib/errors.ts'
import { isSystemAdmin, type Principal } from '../../model/permission.ts'
import { serviceActor } from '../audit/log.ts'
import type { Client } from '../clients/directory.ts'
import type { DomainContext } from '../context.ts'
import { bodyOf, installPartition, listAll } from '../documents.ts'
import { withPassword } from './own-account.ts'
import { requireGoodPassword } from './password-rules.ts'
import { Passwords } from './passwords.ts'
import { userCollection, type User } from './people.ts'
import { changeRecord } from './users.ts'

/** Whoever has the store in their hands may do all that can be done with it. */
const holder: Principal = {
  kind: 'credential',
  id: serviceActor.id,
  name: serviceActor.name,
  memberships: [{ role: 'systemAdmin' }],
}

/**
 * Gives a person another password, on the word of whoever has the store: the way back in when nobody
 * can sign in any more. Sessions and links of the person end.
 *
 * @param client in whose audit log it is kept
 * @throws Refusal `user_not_found`, which names the system admins; `password_refused`
 */
export async function resetPassword(
  context: DomainContext,
  client: Client,
  { email, password }: { email: string; password: string },
): Promise<User> {
  await requireGoodPassword(password, { email, name: '' })
  const passwordHash = await new Passwords().hash(password)
  const admins = await systemAdmins(context)
  const order = { client, actor: serviceActor, principal: holder }
  const what = { email, operation: 'patch', note: { password: 'reset' } } as const
  return changeRecord(context, order, what, (known) => {
    if (known !== undefined) return withPassword(known, passwordHash)
    throw new Refusal(
      'user_not_found',
      `There is no person "${email}". System admins are: ${admins.join(', ')}.`,
    )
  })
}

async function systemAdmins({ store }: DomainContext): Promise<string[]> {
  const admins: string[] = []
  for await (const document of listAll(store.documents, {
    partition: installPartition,
    collection: userCollection,
  })) {
    const user = bodyOf<User>(document)
    if (user !== undefined && isSystemAdmin(user)) admins.push(user.email)
  }
  return admins
}
