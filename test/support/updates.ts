import { packValues } from '../../src/model/attribute.ts'
import { dayMs } from '../../src/model/limits.ts'
import type { ProfileUpdate } from '../../src/model/profile.ts'

/** A moment that tests count from, epoch ms. */
export const startMs = 1_760_000_000_000

type Given = Partial<Omit<ProfileUpdate, 'set'>> & { readonly set?: Readonly<Record<string, string>> }

/** A live update of an existing profile, unless told otherwise. */
export function update({ set = {}, ...given }: Given): ProfileUpdate {
  return {
    client: 'demo',
    ids: {},
    set: packValues(new Map(Object.entries(set))),
    remove: [],
    atMs: startMs,
    line: 0,
    create: false,
    visit: false,
    lifetimeMs: 14 * dayMs,
    ...given,
  }
}

/** A visit: creates the profile, links the ids, counts as a sign of life. */
export function visit(given: Given): ProfileUpdate {
  return update({ create: true, visit: true, ...given })
}

/** A row of a v2 batch. */
export function row(given: Given): ProfileUpdate {
  return update({ create: true, line: 2, ...given })
}
