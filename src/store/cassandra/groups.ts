import { listIds, type VisitorId } from '../../model/visitor-id.ts'
import type { ProfileUpdate } from '../../model/profile.ts'
import { textOf } from './cells.ts'
import type { Found } from './roots.ts'

/**
 * Parts updates into groups that have no visitor in common: by the ids that they name, and by the
 * profiles that these lead to. Each group has the updates' numbers in their order.
 */
export function groupUpdates(
  updates: readonly ProfileUpdate[],
  found: readonly (readonly Found[])[],
): readonly (readonly number[])[] {
  const leaders = updates.map((_, index) => index)
  const leaderOf = (index: number): number => {
    let leader = index
    while (leaders[leader] !== leader) leader = leaders[leader] = leaders[leaders[leader]!]!
    return leader
  }
  const firstBy = new Map<string, number>()
  for (const [index, update] of updates.entries()) {
    for (const text of visitorsOf(update, found[index] ?? [])) {
      const first = firstBy.get(text)
      if (first === undefined) firstBy.set(text, index)
      else join(leaders, leaderOf(first), leaderOf(index))
    }
  }
  const groups = new Map<number, number[]>()
  for (const index of updates.keys()) {
    const group = groups.get(leaderOf(index)) ?? []
    groups.set(leaderOf(index), group)
    group.push(index)
  }
  return [...groups.values()]
}

function join(leaders: number[], a: number, b: number) {
  leaders[Math.max(a, b)] = Math.min(a, b)
}

function visitorsOf(update: ProfileUpdate, found: readonly Found[]): string[] {
  const of = (id: VisitorId) => `${update.client}\0${textOf(id)}`
  // Ids and homes share one space: a profile's home is the id under which it began.
  return [...listIds(update.ids), ...found.flatMap(({ root }) => (root ? [root.spot.home] : []))].map(of)
}
