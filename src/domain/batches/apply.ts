import type { BatchProgress, RefusedRow } from '../../model/batch.ts'
import type { Clock } from '../../lib/clock.ts'
import { collectGarbage } from '../../lib/memory.ts'
import { nextTurn } from '../../lib/turn.ts'
import { dayMs } from '../../model/limits.ts'
import type { RowOutcomes } from '../../model/rows.ts'
import type { BatchClaim, SpoolReader, WholeBatches } from '../../store/store.ts'
import type { Client } from '../clients/directory.ts'
import type { DomainContext } from '../context.ts'
import { writeFailedRows } from './failed-rows.ts'
import { lineBytesMax } from './lines.ts'
import { orderRows, type RowOrder } from './row-order.ts'
import { RowReader } from './row-reader.ts'
import { RowGroup } from './rows.ts'
import { tally, type Step } from './tally.ts'

/** How long a claim lasts without a checkpoint, ms: another node takes a dead one's batch after it. */
export const leaseMs = 15_000

/** Least time between checkpoints, ms. Rows applied after the last one are applied again after a crash. */
const checkpointEveryMs = 250

/** After so many rows the garbage that they left is collected, which takes some hundredth of their time. */
const collectEveryRows = 40_000

/** Bytes of one group of rows; a group ends early when its rows are large. Holds the longest row. */
const groupBytes = lineBytesMax

/**
 * Applies the rows of a claimed batch from its checkpoint on, then completes it.
 *
 * Applying a row twice is harmless, which is why a checkpoint may lag behind and need not share a
 * transaction with the rows; each row is counted by the one checkpoint that first covers it. While
 * the disk takes one group, the next is parsed.
 *
 * @param signal ends the work after the group under way; the batch stays claimable from its checkpoint
 * @throws what the store or the spool throws; nothing is lost, the batch can be claimed again
 */
export async function applyBatch(
  context: DomainContext,
  batches: WholeBatches,
  { claim, signal }: { readonly claim: BatchClaim; readonly signal: AbortSignal },
): Promise<void> {
  const { batch } = claim
  const client = await context.clients.get(batch.client)
  if (client === undefined) throw new Error(`client ${batch.client} is gone`)
  const reader = await context.store.spool.open(batch.batchId)
  if (reader === undefined) throw new Error('the upload is not in the spool')
  try {
    const applied = await applyRows(context, { batches, claim, client, reader, signal })
    if (applied) await complete(context, batches, applied)
  } finally {
    reader.close()
  }
}

interface Work {
  readonly batches: WholeBatches
  readonly claim: BatchClaim
  readonly client: Client
  readonly reader: SpoolReader
  readonly signal: AbortSignal
}

/** Applies all rows; returns the claim at the end, or `undefined` when it was lost or the work stopped. */
async function applyRows(context: DomainContext, work: Work): Promise<BatchClaim | undefined> {
  const order = orderRows(work.reader, work.claim.batch.rows)
  const groups = new GroupReader(work, order, context.settings.checkpointRows)
  const checkpoints = new Checkpoints(context, work)
  for (let step = groups.next(); step;) {
    if (work.signal.aborted) break
    // Asked for together they share a commit.
    const saving = checkpoints.isDue() ? checkpoints.save() : true
    let following: Promise<Step | undefined> | undefined
    const parseNext = () => (following ??= nextTurn().then(() => groups.next()))
    const onWritten = () => void parseNext().catch(() => {})
    const writing = context.store.profiles.applyRows(step.group, context.clock.nowMs(), onWritten)
    const parsing = writing.then(parseNext, parseNext)
    // All that was begun is over before the upload is closed, whatever fails.
    await Promise.allSettled([saving, writing, parsing])
    if (!(await saving)) return undefined
    checkpoints.add(step, await writing)
    step = await parsing
  }
  const isHeld = await checkpoints.save()
  return isHeld && !work.signal.aborted ? checkpoints.claim : undefined
}

/** How far a batch has come, and how far of that is stored. */
class Checkpoints {
  claim: BatchClaim
  readonly #clock: Clock
  readonly #batches: WholeBatches
  #progress: BatchProgress
  #refused: RefusedRow[] = []
  #savedAtMs: number

  constructor({ clock }: DomainContext, { batches, claim }: Work) {
    this.#clock = clock
    this.#batches = batches
    this.claim = claim
    this.#progress = claim.batch.progress
    this.#savedAtMs = clock.nowMs()
  }

  add(step: Step, outcomes: RowOutcomes) {
    this.#progress = tally(this.#progress, step, outcomes)
    this.#refused.push(...outcomes.refused)
  }

  isDue(): boolean {
    return this.#clock.nowMs() - this.#savedAtMs >= checkpointEveryMs
  }

  /** Stores the progress and renews the claim; false when it was lost. */
  async save(): Promise<boolean> {
    const nowMs = this.#clock.nowMs()
    const refused = this.#refused
    this.#refused = []
    this.#savedAtMs = nowMs
    const change = { progress: this.#progress, refused, completed: false, nowMs, leaseMs }
    const renewed = await this.#batches.checkpoint(this.claim, change)
    if (renewed) this.claim = renewed
    return renewed !== undefined
  }
}

async function complete(context: DomainContext, batches: WholeBatches, claim: BatchClaim) {
  const { batchId, progress } = claim.batch
  await writeFailedRows(context, batches, claim.batch)
  const nowMs = context.clock.nowMs()
  await batches.checkpoint(claim, { progress, refused: [], completed: true, nowMs, leaseMs })
  await context.store.spool.remove(batchId)
  if (claim.batch.rows >= collectEveryRows) collectGarbage('major')
}

/** Parses groups of rows in their order of application, from the checkpoint on. */
class GroupReader {
  readonly #order: RowOrder
  readonly #rows: RowReader
  // One group is parsed while the one before is written, so two take turns.
  readonly #groups: readonly [RowGroup, RowGroup]
  #turn: 0 | 1 = 0
  #at: number

  constructor({ claim: { batch }, client, reader }: Work, order: RowOrder, rowsMax: number) {
    const common = {
      client: batch.client,
      atMs: batch.acceptedAtMs,
      create: batch.version === 2,
      lifetimeMs: client.profileLifetimeDays * dayMs,
    }
    const group = () => new RowGroup(order.header, common, { rowsMax, bytesSize: groupBytes })
    this.#order = order
    this.#rows = new RowReader(reader, order)
    this.#groups = [group(), group()]
    this.#at = batch.progress.rowsApplied
  }

  next(): Step | undefined {
    const { order, lines, lengths } = this.#order
    if (this.#at >= order.length) return undefined
    this.#turn = this.#turn === 0 ? 1 : 0
    const group = this.#groups[this.#turn]
    group.clear()
    const first = this.#at
    for (; this.#at < order.length && this.#at - first < group.rowsMax; this.#at++) {
      const row = order[this.#at]!
      if (!group.hasRoomFor(lengths[row]!)) break
      group.add(this.#rows.read(this.#at), lines[row]!)
    }
    return { group, rows: this.#at - first }
  }
}
