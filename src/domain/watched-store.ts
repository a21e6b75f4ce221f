import { consumedCount, type BatchCounts, type BatchProgress } from '../model/batch.ts'
import { withMethods } from '../lib/with-methods.ts'
import { nearLimitBytes } from '../model/limits.ts'
import type { Outcome, ProfileUpdate } from '../model/profile.ts'
import type { BatchStore, PartStore, ProfileStore, Store, WholeBatches } from '../store/store.ts'

/** One call of the store that wrote, or found nothing to write. */
export interface CommitReport {
  readonly kind: 'commit'
  /** Rows come by the group, live writes one by one. */
  readonly source: 'update' | 'visit' | 'rows'
  readonly seconds: number
  readonly outcomes: Readonly<Record<Outcome['kind'], number>>
  /** Of them, those whose profile is above 90 % of its limit afterwards. */
  readonly nearLimit: number
}

/** Rows of a batch that a checkpoint put into a count. */
export interface RowsReport {
  readonly kind: 'rows'
  readonly counts: BatchCounts
  /** Whether the batch is complete with them. */
  readonly completed: boolean
}

/** Plain data, so that it can be sent from thread to thread. */
export type StoreReport = CommitReport | RowsReport

/** The same store, telling of each write what became of it and how long it took. */
export function watchStore(store: Store, report: (report: StoreReport) => void): Store {
  return {
    ...store,
    profiles: withMethods(store.profiles, {
      apply: watchApply(store.profiles, report),
      applyRows: watchApplyRows(store.profiles, report),
    }),
    batches: watchBatches(store.batches, report),
  }
}

function watchApply(profiles: ProfileStore, report: (report: CommitReport) => void): ProfileStore['apply'] {
  return async (updates, nowMs) => {
    const startMs = performance.now()
    const outcomes = await profiles.apply(updates, nowMs)
    const seconds = (performance.now() - startMs) / 1_000
    report({ kind: 'commit', source: sourceOf(updates), seconds, ...summarize(outcomes) })
    return outcomes
  }
}

function watchApplyRows(
  profiles: ProfileStore,
  report: (report: CommitReport) => void,
): ProfileStore['applyRows'] {
  return async (rows, nowMs, onWritten) => {
    const startMs = performance.now()
    const { counts, nearLimit, refused } = await profiles.applyRows(rows, nowMs, onWritten)
    const seconds = (performance.now() - startMs) / 1_000
    report({ kind: 'commit', source: 'rows', seconds, outcomes: counts, nearLimit })
    return { counts, nearLimit, refused }
  }
}

function sourceOf([first]: readonly ProfileUpdate[]): CommitReport['source'] {
  if (first === undefined || first.line > 0) return 'rows'
  return first.visit ? 'visit' : 'update'
}

function summarize(all: readonly Outcome[]): Pick<CommitReport, 'outcomes' | 'nearLimit'> {
  const outcomes = { created: 0, updated: 0, unchanged: 0, 'not-found': 0, refused: 0, erased: 0 }
  let nearLimit = 0
  for (const outcome of all) {
    outcomes[outcome.kind]++
    if (bytesAfter(outcome) > nearLimitBytes) nearLimit++
  }
  return { outcomes, nearLimit }
}

/** Size of the profile as an outcome leaves it; 0 where it says nothing of one. */
function bytesAfter(outcome: Outcome): number {
  return 'bytes' in outcome && outcome.kind !== 'refused' ? outcome.bytes : 0
}

function watchBatches(batches: BatchStore, report: (report: RowsReport) => void): BatchStore {
  if (batches.parts === undefined)
    return withMethods(batches, { checkpoint: watchCheckpoint(batches, report) })
  return withMethods(batches, {
    parts: withMethods(batches.parts, { finish: watchFinish(batches.parts, report) }),
  })
}

function watchFinish(parts: PartStore, report: (report: RowsReport) => void): PartStore['finish'] {
  return async (claim, result, nowMs) => {
    const end = await parts.finish(claim, result, nowMs)
    if (end !== 'lost') report({ kind: 'rows', counts: result.progress, completed: end === 'batch' })
    return end
  }
}

function watchCheckpoint(
  batches: WholeBatches,
  report: (report: RowsReport) => void,
): WholeBatches['checkpoint'] {
  return async (claim, change) => {
    const renewed = await batches.checkpoint(claim, change)
    const counts = countsSince(claim.batch.progress, change.progress)
    const { completed } = change
    if (renewed && (completed || consumedCount(counts) > 0)) report({ kind: 'rows', counts, completed })
    return renewed
  }
}

function countsSince(before: BatchProgress, after: BatchProgress): BatchCounts {
  return {
    created: after.created - before.created,
    updated: after.updated - before.updated,
    unchanged: after.unchanged - before.unchanged,
    profilesNotFound: after.profilesNotFound - before.profilesNotFound,
    failedUpdates: after.failedUpdates - before.failedUpdates,
  }
}
