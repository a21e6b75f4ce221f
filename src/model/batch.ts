/** What a batch's rows name their visitors by, in the words of the upload's header. */
export type BatchKey = 'pcId' | 'thirdPartyId'

/** How many of a batch's rows ended how; a row not yet applied is in no count. */
export interface BatchCounts {
  readonly created: number
  readonly updated: number
  readonly unchanged: number
  readonly profilesNotFound: number
  readonly failedUpdates: number
}

/** How far the rows of a batch are applied, in their order of application. */
export interface BatchProgress extends BatchCounts {
  /** Rows applied so far of those that can be applied; where a worker goes on after a crash. */
  readonly rowsApplied: number
}

/** One accepted upload. */
export interface Batch {
  readonly batchId: string
  readonly client: string
  /** v1 never creates profiles, v2 does. */
  readonly version: 1 | 2
  readonly key: BatchKey
  /** Every row carries this time, epoch ms. */
  readonly acceptedAtMs: number
  readonly rows: number
  /** Decoded bytes of the upload. */
  readonly bytes: number
  readonly progress: BatchProgress
  /** Last time anything of it was done, epoch ms. */
  readonly progressAtMs: number
  /** Set once every row is in a count, epoch ms. */
  readonly completedAtMs?: number | undefined
  /** Why it cannot go on for the time being, for the operator. */
  readonly problem?: string | undefined
}

/** Name in the spool of what is kept of a complete batch; its upload has the batch's own. */
export function failedRowsName(batchId: string): string {
  return `${batchId}.failed`
}

/** A row that the store refused; faults that the bytes themselves show are found again by reading them. */
export interface RefusedRow {
  readonly line: number
  /** Size that the profile would have had, names plus values. */
  readonly profileBytes: number
}

export const noProgress: BatchProgress = {
  rowsApplied: 0,
  created: 0,
  updated: 0,
  unchanged: 0,
  profilesNotFound: 0,
  failedUpdates: 0,
}

/** Rows whose values are in their profiles. */
export function successfulUpdates(counts: BatchCounts): number {
  return counts.created + counts.updated + counts.unchanged
}

/** Rows that ended, in whichever count. */
export function consumedCount(counts: BatchCounts): number {
  return successfulUpdates(counts) + counts.profilesNotFound + counts.failedUpdates
}
