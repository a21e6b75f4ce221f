import { Refusal } from '../../lib/errors.ts'
import { isWellFormed } from '../../lib/text.ts'
import { attributeNameFault } from '../../model/attribute.ts'
import type { VisitorId } from '../../model/visitor-id.ts'
import { audit, type Actor, type Operation } from '../audit/log.ts'
import type { Client } from '../clients/directory.ts'
import type { DomainContext } from '../context.ts'
import { change } from '../documents.ts'
import { getProfile } from './read.ts'
import { applyLive } from './update.ts'

interface By {
  readonly client: Client
  readonly actor: Actor
}

/**
 * Sets and removes attributes of a profile that exists, as a person or the Admin API asks for it.
 *
 * @returns false when there is no such profile
 * @throws  Refusal `attribute_name_invalid`, `parameter_invalid`, `profile_too_large`
 */
export async function editProfile(
  context: DomainContext,
  by: By,
  edit: { id: VisitorId; set: ReadonlyMap<string, string>; remove: readonly string[] },
): Promise<boolean> {
  const { id, set, remove } = edit
  for (const name of [...set.keys(), ...remove]) requireName(name)
  for (const [name, value] of set) requireValue(name, value, remove)
  if (!(await getProfile(context, by.client, id))) return false
  const outcome = await applyLive(context, by.client, {
    ids: { [id.kind]: id.id },
    set,
    remove,
    create: false,
    visit: false,
  })
  if (outcome.kind === 'not-found') return false
  // The log names attributes, never their values.
  await auditProfile(context, by, { id, operation: 'patch', after: { set: [...set.keys()], remove } })
  return true
}

/**
 * Deletes a profile with all its ids and attributes.
 *
 * @returns false when there is no such profile
 */
export async function eraseProfile(context: DomainContext, by: By, id: VisitorId): Promise<boolean> {
  if (!(await getProfile(context, by.client, id))) return false
  await auditProfile(context, by, { id, operation: 'delete' })
  const outcome = await applyLive(context, by.client, {
    ids: { [id.kind]: id.id },
    set: new Map(),
    create: false,
    visit: false,
    erase: true,
  })
  return outcome.kind !== 'not-found'
}

/** Profiles and control records share no commit: the entry comes right behind an edit, before an erasure. */
async function auditProfile(
  context: DomainContext,
  { client, actor }: By,
  { id, operation, after }: { id: VisitorId; operation: Operation; after?: unknown },
) {
  const entry = { type: 'profile', entityId: `${id.kind}:${id.id}`, operation, after } as const
  await change(context.store.documents, client.code, async () => ({
    changes: audit(context, { client, actor, change: entry }),
    result: undefined,
  }))
}

function requireName(name: string) {
  const fault = attributeNameFault(name)
  if (fault)
    throw new Refusal(
      'attribute_name_invalid',
      `The attribute ${JSON.stringify(name.slice(0, 100))}: the name ${fault}.`,
    )
}

function requireValue(name: string, value: string, remove: readonly string[]) {
  if (value === '') throw invalid(`set.${name} is empty; name it in remove to remove it`)
  if (!isWellFormed(value)) throw invalid(`set.${name} holds half a surrogate pair`)
  if (remove.includes(name)) throw invalid(`${name} is both in set and in remove`)
}

function invalid(message: string): Refusal {
  return new Refusal('parameter_invalid', `${message}.`)
}
