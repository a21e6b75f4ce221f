import { assert } from '../../lib/assert.ts'
import type { CopyJournal } from '../../store/lmdb/copy-journal.ts'
import type { Store } from '../../store/store.ts'
import { digestOf, pagesOf } from './digest.ts'
import { attributeNames, batches, documents, profiles, type Kind } from './kinds.ts'
import { patiently } from './patience.ts'

/** How far a copy is. */
export interface CopyState {
  /** Names the copy, here and in the target. */
  readonly copy: string
  /** Passes over the source, the one under way among them; 0 before the first. */
  readonly pass: number
  /** Kinds that the pass under way is through with; all of them between two passes. */
  readonly kindsDone: number
  /** Where the pass goes on in the kind under way. */
  readonly cursor: string | undefined
  /** Records that the pass has put or removed. */
  readonly changed: number
}

export interface Copy {
  readonly source: Store
  readonly target: Store
  readonly journal: CopyJournal<CopyState>
  readonly signal: AbortSignal
  readonly nowMs: () => number
  readonly onRead: (label: string, count: number) => void
}

/** Control records first: who reads a target that is not whole should at least find its clients. */
const kindCount = 4

/** What one pass did. */
export interface PassReport {
  readonly changed: number
  /** Whether it went on where another process had been stopped. */
  readonly wasResumed: boolean
}

/** Makes one pass over the source, or ends the one that was stopped: writes what differs since the last. */
export async function makePass(copy: Copy): Promise<PassReport> {
  const before = stateOf(copy)
  const wasResumed = before.kindsDone < kindCount
  if (!wasResumed)
    await copy.journal.keep({ ...before, pass: before.pass + 1, kindsDone: 0, cursor: undefined, changed: 0 })
  await passKind(copy, 0, documents)
  await passKind(copy, 1, attributeNames)
  await passKind(copy, 2, profiles)
  await passKind(copy, 3, batches)
  return { changed: stateOf(copy).changed, wasResumed }
}

/** The state with which a copy begins. */
export function firstState(copy: string): CopyState {
  return { copy, pass: 0, kindsDone: kindCount, cursor: undefined, changed: 0 }
}

async function passKind<Item>(copy: Copy, index: number, kind: Kind<Item>): Promise<void> {
  const { journal, source, target, signal, onRead } = copy
  const { cursor: from, kindsDone, pass } = stateOf(copy)
  if (kindsDone > index) return
  let read = 0
  const nowMs = copy.nowMs()
  for await (const { items, cursor } of pagesOf(kind, source, { nowMs, signal, from })) {
    const entries = items.map((item) => ({ item, key: kind.keyOf(item), digest: digestOf(kind, item) }))
    const changed = journal.changed(kind.name, entries)
    const wanted = changed.map(({ item }) => item)
    const put = new Set(await patiently(signal, () => kind.put({ source, target, nowMs }, wanted)))
    // What could not be put stays unknown, so that the next pass comes back to it.
    const missed = new Set(wanted.filter((item) => !put.has(item)))
    const state = stateOf(copy)
    await journal.keep(
      { ...state, cursor, changed: state.changed + changed.length },
      { kind: kind.name, pass, entries: entries.filter(({ item }) => !missed.has(item)) },
    )
    onRead(`Pass ${pass}, ${kind.name}`, (read += items.length))
  }
  const removed = await removeUnmet(copy, kind, pass)
  const state = stateOf(copy)
  await journal.keep({ ...state, cursor: undefined, kindsDone: index + 1, changed: state.changed + removed })
}

/** Removes from the target what is not in the source any more. */
async function removeUnmet<Item>(
  { journal, nowMs, signal, target }: Copy,
  kind: Kind<Item>,
  pass: number,
): Promise<number> {
  let removed = 0
  for (const keys of journal.unmet(kind.name, pass)) {
    await patiently(signal, () => kind.remove(target, keys, nowMs()))
    await journal.forget(kind.name, keys)
    removed += keys.length
  }
  return removed
}

function stateOf({ journal }: Copy): CopyState {
  const state = journal.state()
  assert(state !== undefined, 'a copy has a state from its beginning on')
  return state
}
