import type { Plan } from './apply.ts'
import type { Profile } from './profile.ts'
import { isSameId, type VisitorId } from './visitor-id.ts'

/**
 * Decides what it takes to make a profile as another store has it, whatever its ids led to before: a
 * profile that was stored under one of them ends, another one loses them.
 *
 * @param found what the ids lead to, live profiles and graves; `undefined` and repetitions are passed over
 */
export function planReplacement(
  profile: Profile,
  found: readonly (Profile | undefined)[],
): Omit<Plan, 'outcome' | 'write'> & { readonly write: Profile } {
  const isOwn = (id: VisitorId) => profile.ids.some((own) => isSameId(own, id))
  const end: Profile[] = []
  const shrink: Profile[] = []
  for (const other of found) {
    if (other === undefined) continue
    if ([...end, ...shrink].some(({ key }) => isSameId(key, other.key))) continue
    if (isOwn(other.key)) end.push(other)
    else shrink.push({ ...other, ids: other.ids.filter((id) => !isOwn(id)) })
  }
  return { write: profile, end, shrink, relinked: true }
}
