import type { Profile } from '../../model/profile.ts'
import { isSameId, type VisitorId } from '../../model/visitor-id.ts'
import { attributeCell, bornTimestamp, lifetimeCell, textOf, type Spot } from './cells.ts'
import type { Content, Life } from './lives.ts'
import type { Root } from './roots.ts'
import type { Ticks } from './ticks.ts'
import type { CellWrites } from './writes.ts'

/** Writes what differs between a profile as it is stored and as it is to be. */
export function writeProfile(
  writes: CellWrites,
  spot: Spot,
  { before, after, ticks }: { before: Content | undefined; after: Profile; ticks: Ticks },
) {
  for (const [name, attribute] of after.attributes) {
    const known = before?.profile.attributes.get(name)
    const isSame =
      known !== undefined &&
      known.value === attribute.value &&
      known.atMs === attribute.atMs &&
      known.line === attribute.line
    if (!isSame) writes.attribute(spot, name, attributeCell(attribute, before?.attributes.get(name)))
  }
  for (const [name, cell] of before?.attributes ?? []) {
    if (!after.attributes.has(name)) writes.dropAttribute(spot, name, cell)
  }
  const known = before?.profile
  if (known?.writtenAtMs !== after.writtenAtMs || known.expiresAtMs !== after.expiresAtMs) {
    writes.lifetime(spot, lifetimeCell(after, before?.lifetime))
  }
  if (known?.bornAtMs !== after.bornAtMs) {
    writes.born(spot, after.bornAtMs, bornTimestamp(after.bornAtMs))
  }
  writeIds(writes, spot, { before, after: after.ids, ticks })
}

/** Ids have moments of their own that give their order; what keeps its place is not written again. */
function writeIds(
  writes: CellWrites,
  spot: Spot,
  { before, after, ticks }: { before: Content | undefined; after: readonly VisitorId[]; ticks: Ticks },
) {
  const afterTexts = after.map(textOf)
  const newest = Math.max(0, ...(before?.ids.values() ?? []))
  let last = 0
  for (const text of afterTexts) {
    const known = before?.ids.get(text)
    if (known !== undefined && known > last) {
      last = known
      continue
    }
    last = ticks.next(newest)
    writes.id(spot, text, last)
  }
  const kept = new Set(afterTexts)
  for (const text of before?.ids.keys() ?? [])
    if (!kept.has(text)) writes.dropId(spot, text, ticks.next(newest))
}

/** Moves to a root what lies in the lives that were joined to it. */
export function gather(writes: CellWrites, { spot, content, joined, profile }: Root, ticks: Ticks) {
  if (profile === undefined) return
  writeProfile(writes, spot, { before: content, after: profile, ticks })
  for (const life of joined) forget(writes, life)
}

/**
 * Takes from a life that was joined what was read of it, cell by cell: what another node writes to it at
 * this moment stays, and that node sees where it belongs.
 */
function forget(writes: CellWrites, life: Life) {
  for (const [name, cell] of life.content?.attributes ?? []) writes.dropAttribute(life, name, cell)
  for (const [text, at] of life.content?.ids ?? []) writes.dropId(life, text, at)
}

/** Takes ids from the list of a profile that they lead to no longer. */
export function unlist(writes: CellWrites, { spot, content }: Root, ids: readonly VisitorId[], ticks: Ticks) {
  for (const id of ids) {
    const at = content?.ids.get(textOf(id))
    if (at !== undefined && !isSameId(id, spot.home)) writes.dropId(spot, textOf(id), ticks.next(at))
  }
}
