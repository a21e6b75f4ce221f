import type { BatchProgress, RefusedRow } from '../../model/batch.ts'
import { collectGarbage } from '../../lib/memory.ts'
import { dayMs } from '../../model/limits.ts'
import type { Outcome, ProfileUpdate } from '../../model/profile.ts'
import type { BatchClaim, SpoolReader } from '../../store/store.ts'
import type { Client } from '../clients/directory.ts'
import type { DomainContext } from '../context.ts'
import { writeFailedRows } from './failed-rows.ts'
import { orderRows, type RowOrder } from './row-order.ts'
import { RowReader } from './row-reader.ts'
import { Arena, ParsedRow, parseRow } from './rows.ts'

/** How long a claim lasts without a checkpoint, ms: another node takes a dead one's batch after it. */
export const leaseMs = 15_000

/** Least time between checkpoints, ms. Rows applied after the last one are applied again after a crash. */
const checkpointEveryMs = 250

/** After so many rows the garbage that they left is collected, which takes some hundredth of their time. */
const collectEveryRows = 40_000

/** Decoded bytes of one group of rows; a group ends early when its rows are large. */
const groupBytes = 1_048_576

/** A group of rows ready for the store. */
interface Group {
  readonly updates: readonly ProfileUpdate[]
  /** Rows of the order that the group covers, failed ones included. */
  readonly rows: number
  readonly failed: number
}

/**
 * Applies the rows of a claimed batch from its checkpoint on, then completes it.
 *
 * Applying a row twice is harmless, which is why a checkpoint may lag behind and need not share a
 * transaction with the rows; each row is counted by the one checkpoint that first covers it. While
 * the store writes one group, the next is parsed.
 *
 * @param signal ends the work after the group under way; the batch stays claimable from its checkpoint
 * @throws what the store or the spool throws; nothing is lost, the batch can be claimed again
 */
export async function applyBatch(
  context: DomainContext,
  claim: BatchClaim,
  signal: AbortSignal,
): Promise<void> {
  const { batch } = claim
  const client = await context.clients.get(batch.client)
  if (client === undefined) throw new Error(`client ${batch.client} is gone`)
  const reader = await context.store.spool.open(batch.batchId)
  if (reader === undefined) throw new Error('the upload is not in the spool')
  try {
    const applied = await applyRows(context, { claim, client, reader, signal })
    if (applied) await complete(context, applied)
  } finally {
    reader.close()
  }
}

interface Work {
  readonly claim: BatchClaim
  readonly client: Client
  readonly reader: SpoolReader
  readonly signal: AbortSignal
}

/** Applies all rows; returns the claim at the end, or `undefined` when it was lost or the work stopped. */
async function applyRows(context: DomainContext, work: Work): Promise<BatchClaim | undefined> {
  const { batch } = work.claim
  const order = orderRows(work.reader, batch.rows)
  const groups = new GroupReader(work, order, context.settings.checkpointRows)
  let claim = work.claim
  let progress: BatchProgress = batch.progress
  let refused: RefusedRow[] = []
  let collectedAtRow = progress.rowsApplied
  let checkpointAtMs = context.clock.nowMs()
  let group = groups.next()
  while (group) {
    if (work.signal.aborted) return undefined
    const writing = context.store.profiles.apply(group.updates, context.clock.nowMs())
    const following = groups.next()
    const outcomes = await writing
    progress = tally(progress, group, outcomes)
    refused.push(...refusedRows(group, outcomes))
    group = following
    if (progress.rowsApplied - collectedAtRow >= collectEveryRows) {
      collectedAtRow = progress.rowsApplied
      collectGarbage('major')
    }
    const nowMs = context.clock.nowMs()
    if (group && nowMs - checkpointAtMs < checkpointEveryMs) continue
    checkpointAtMs = nowMs
    const renewed = await context.store.batches.checkpoint(claim, {
      progress,
      refused,
      completed: false,
      nowMs,
      leaseMs,
    })
    if (renewed === undefined) return undefined
    claim = renewed
    refused = []
  }
  return claim
}

async function complete(context: DomainContext, claim: BatchClaim) {
  const { batchId, progress } = claim.batch
  await writeFailedRows(context, claim.batch)
  const nowMs = context.clock.nowMs()
  await context.store.batches.checkpoint(claim, { progress, refused: [], completed: true, nowMs, leaseMs })
  await context.store.spool.remove(batchId)
  if (claim.batch.rows >= collectEveryRows) collectGarbage('major')
}

/** Parses groups of rows in their order of application, from the checkpoint on. */
class GroupReader {
  readonly #work: Work
  readonly #order: RowOrder
  readonly #rowsMax: number
  readonly #rows: RowReader
  // One group is parsed while the one before is written, so two arenas and two sets of updates take turns.
  readonly #arenas = [new Arena(groupBytes), new Arena(groupBytes)] as const
  readonly #pools: readonly [RowUpdate[], RowUpdate[]] = [[], []]
  #turn: 0 | 1 = 0
  #at: number

  constructor(work: Work, order: RowOrder, rowsMax: number) {
    this.#work = work
    this.#order = order
    this.#rowsMax = rowsMax
    this.#rows = new RowReader(work.reader, order)
    this.#at = work.claim.batch.progress.rowsApplied
  }

  next(): Group | undefined {
    const { header, order, lines } = this.#order
    if (this.#at >= order.length) return undefined
    this.#turn = this.#turn === 0 ? 1 : 0
    const arena = this.#arenas[this.#turn]
    arena.used = 0
    const pool = this.#pools[this.#turn]
    let used = 0
    const first = this.#at
    let bytes = 0
    while (this.#at < order.length && this.#at - first < this.#rowsMax && bytes < groupBytes) {
      const place = this.#rows.read(this.#at)
      const line = lines[order[this.#at++]!]!
      bytes += place.end - place.start
      const update = (pool[used] ??= new RowUpdate(this.#work))
      const parsed = parseRow(header, place, arena, update.set)
      if (parsed !== update.set) continue
      if (header.key === 'pcId') update.ids.tntId = parsed.id
      else update.ids.thirdPartyId = parsed.id
      update.line = line
      used++
    }
    const rows = this.#at - first
    return { updates: pool.slice(0, used), rows, failed: rows - used }
  }
}

/** One row's update. Filled anew for each group, so that half a million rows leave little garbage. */
class RowUpdate implements ProfileUpdate {
  readonly set = new ParsedRow()
  readonly ids: { tntId: string | undefined; thirdPartyId: string | undefined }
  readonly remove: readonly string[] = []
  readonly visit = false
  readonly client: string
  readonly atMs: number
  readonly create: boolean
  readonly lifetimeMs: number
  line = 0

  constructor({ claim: { batch }, client }: Work) {
    this.ids = { tntId: undefined, thirdPartyId: undefined }
    this.client = batch.client
    this.atMs = batch.acceptedAtMs
    this.create = batch.version === 2
    this.lifetimeMs = client.profileLifetimeDays * dayMs
  }
}

function tally(progress: BatchProgress, group: Group, outcomes: readonly Outcome[]): BatchProgress {
  const counts = { created: 0, updated: 0, unchanged: 0, 'not-found': 0, refused: 0, erased: 0 }
  for (const { kind } of outcomes) counts[kind]++
  return {
    rowsApplied: progress.rowsApplied + group.rows,
    created: progress.created + counts.created,
    updated: progress.updated + counts.updated,
    unchanged: progress.unchanged + counts.unchanged,
    profilesNotFound: progress.profilesNotFound + counts['not-found'],
    failedUpdates: progress.failedUpdates + group.failed + counts.refused,
  }
}

function refusedRows(group: Group, outcomes: readonly Outcome[]): RefusedRow[] {
  if (!outcomes.some(({ kind }) => kind === 'refused')) return []
  return outcomes.flatMap((outcome, index) =>
    outcome.kind === 'refused'
      ? [{ line: group.updates[index]?.line ?? 0, profileBytes: outcome.bytes }]
      : [],
  )
}
