import { packValues } from '../../src/model/attribute.ts'
import { dayMs } from '../../src/model/limits.ts'
import type { ProfileUpdate } from '../../src/model/profile.ts'
import { placesPerRow, type Rows } from '../../src/model/rows.ts'

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

interface GivenRow {
  readonly line: number
  readonly id: string
  /** By column; '' sets nothing. */
  readonly values: readonly string[]
}

/** Rows of a v2 batch side by side, named by their thirdPartyIds unless told otherwise. */
export function rowsOf(
  given: Partial<Omit<Rows, 'names' | 'length' | 'bytes' | 'places'>> & Pick<Rows, 'names'>,
  rows: readonly GivenRow[],
): Rows {
  const places = new Uint32Array(rows.length * placesPerRow(given.names.length))
  const pieces: Buffer[] = []
  let end = 0
  const add = (text: string) => {
    const bytes = Buffer.from(text)
    pieces.push(bytes)
    return (end += bytes.length)
  }
  let at = 0
  for (const { line, id, values } of rows) {
    places[at++] = line
    places[at++] = end
    for (const text of [id, ...given.names.map((_, column) => values[column] ?? '')]) places[at++] = add(text)
  }
  return {
    client: 'demo',
    idKind: 'thirdPartyId',
    atMs: startMs,
    create: true,
    lifetimeMs: 14 * dayMs,
    ...given,
    length: rows.length,
    bytes: Buffer.concat(pieces),
    places,
  }
}
