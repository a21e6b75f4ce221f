import type { BatchProgress } from '../../model/batch.ts'
import type { RowOutcomes } from '../../model/rows.ts'
import type { RowGroup } from './rows.ts'

/** Rows ready for the store. */
export interface Step {
  readonly group: RowGroup
  /** Rows that are done with the group, failed ones included. */
  readonly rows: number
}

/** Adds what became of a step; rows that are not in its group have failed. */
export function tally(
  progress: BatchProgress,
  { group, rows }: Step,
  { counts }: RowOutcomes,
): BatchProgress {
  return {
    rowsApplied: progress.rowsApplied + rows,
    created: progress.created + counts.created,
    updated: progress.updated + counts.updated,
    unchanged: progress.unchanged + counts.unchanged,
    profilesNotFound: progress.profilesNotFound + counts['not-found'],
    failedUpdates: progress.failedUpdates + rows - group.length + counts.refused,
  }
}
