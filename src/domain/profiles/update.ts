import { randomHex } from '../../lib/ids.ts'
import { Refusal } from '../../lib/errors.ts'
import { packValues } from '../../model/attribute.ts'
import { dayMs, profileBytesMax } from '../../model/limits.ts'
import type { Outcome, ProfileUpdate } from '../../model/profile.ts'
import type { VisitorIds } from '../../model/visitor-id.ts'
import type { Client } from '../clients/directory.ts'
import type { DomainContext } from '../context.ts'

/** What a caller wants of a profile: ids and names already checked, values well-formed. */
export interface ProfileChange {
  readonly ids: VisitorIds
  readonly set: ReadonlyMap<string, string>
}

/** An outcome that wrote, or found nothing to write. */
export type Applied = Exclude<Outcome, { kind: 'refused' }>

/**
 * Updates a profile that exists; never creates one.
 *
 * @throws Refusal `profile_too_large`
 */
export function updateProfile(
  context: DomainContext,
  client: Client,
  { ids, set }: ProfileChange,
): Promise<Applied> {
  return applyLive(context, client, { ids, set, create: false, visit: false })
}

/**
 * Records a visit: creates the profile if there is none, links the ids, and gives it a tntId.
 *
 * @throws Refusal `profile_too_large`
 */
export async function recordVisit(
  context: DomainContext,
  client: Client,
  change: ProfileChange,
): Promise<{ outcome: Applied; tntId: string }> {
  // A generated tntId bears no location hint: Adobe's SDKs would leave for an edge host of Adobe's.
  const newTntId = change.ids.tntId ?? randomHex(16)
  const hasId = Object.values(change.ids).some((id) => id !== undefined)
  const ids = hasId ? change.ids : { tntId: newTntId }
  const outcome = await applyLive(context, client, { ...change, ids, create: true, visit: true, newTntId })
  const linked = 'tntId' in outcome ? outcome.tntId : undefined
  return { outcome, tntId: change.ids.tntId ?? linked ?? newTntId }
}

type LiveUpdate = ProfileChange &
  Pick<ProfileUpdate, 'create' | 'visit' | 'newTntId' | 'erase'> & { readonly remove?: readonly string[] }

/**
 * Applies a change that happens now.
 *
 * @throws Refusal `profile_too_large`
 */
export async function applyLive(
  context: DomainContext,
  client: Client,
  change: LiveUpdate,
): Promise<Applied> {
  const nowMs = context.clock.nowMs()
  const update: ProfileUpdate = {
    client: client.code,
    ids: change.ids,
    set: packValues(change.set),
    remove: change.remove ?? [],
    erase: change.erase,
    atMs: nowMs,
    line: 0,
    create: change.create,
    visit: change.visit,
    newTntId: change.newTntId,
    lifetimeMs: client.profileLifetimeDays * dayMs,
  }
  const [outcome] = await context.store.profiles.apply([update], nowMs)
  if (outcome === undefined) throw new Error('a store answers every update with an outcome')
  if (outcome.kind !== 'refused') return outcome
  throw new Refusal(
    outcome.reason,
    `The profile would hold ${outcome.bytes} bytes of names and values; the limit is ${profileBytesMax}. ` +
      'Send fewer or shorter attributes; nothing was written.',
  )
}
