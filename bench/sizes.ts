/** How much a run measures; `--quick` shows that everything works, its figures mean little. */
export interface Sizes {
  /** Rounds that count, after one that warms up. */
  readonly rounds: number
  readonly warmUpRounds: number
  /** Rows of a batch. */
  readonly rows: number
  /** Profiles that answer fetches and take updates. */
  readonly profiles: number
  /** Length of one turn of load, and of its own warm-up. */
  readonly loadSeconds: number
  readonly warmUpSeconds: number
  /** Length of the time at rest beside which the load during a batch is set. */
  readonly restSeconds: number
  /** Bytes of the upload whose memory is measured; the service takes less than 50 MB. */
  readonly uploadBytes: number
}

export const fullSizes: Sizes = {
  rounds: 5,
  warmUpRounds: 1,
  rows: 500_000,
  profiles: 100_000,
  loadSeconds: 5,
  warmUpSeconds: 2,
  restSeconds: 5,
  uploadBytes: 52_428_000,
}

export const quickSizes: Sizes = {
  rounds: 1,
  warmUpRounds: 0,
  rows: 20_000,
  profiles: 5_000,
  loadSeconds: 1,
  warmUpSeconds: 0.5,
  restSeconds: 1,
  uploadBytes: 5_000_000,
}
