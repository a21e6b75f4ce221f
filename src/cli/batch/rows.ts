/** Rows of a batch in their order, as bytes that go into an upload as they stand. */
export interface RowPiece {
  readonly bytes: Buffer
  /** Where each row ends in `bytes`, its line feed included; the first begins at 0. */
  readonly ends: readonly number[]
  /** Line of the file where each row begins. */
  readonly lines: readonly number[]
}

/** A file understood as far as its header, whose rows can be read once. */
export interface RowSource {
  /** The first line of each upload, `batch=` and line feed included. */
  readonly header: Buffer
  readonly rows: AsyncIterable<RowPiece>
}

/** What one upload may hold; the service's own limits are settings of it. */
export interface PartLimits {
  readonly bytesMax: number
  readonly rowsMax: number
}

/** The service takes less than 50 MiB and at most 500,000 rows, unless it is set otherwise. */
export const partLimitsDefault: PartLimits = { bytesMax: 52_428_799, rowsMax: 500_000 }
