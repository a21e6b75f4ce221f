import type { Report } from './harness/report.ts'

/** What each bench is given. */
export interface Bench {
  readonly report: Report
  /** A temporary folder for stores, servers and files. */
  readonly folder: string
  readonly isQuick: boolean
  readonly rounds: number
  /** Rows of a batch. */
  readonly rows: number
  /** How long one run of a load lasts. */
  readonly seconds: number
}
