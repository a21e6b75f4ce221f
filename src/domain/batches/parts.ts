import { noProgress } from '../../model/batch.ts'
import { dayMs } from '../../model/limits.ts'
import type { PartClaim, PartStore, UploadPart } from '../../store/store.ts'
import type { DomainContext } from '../context.ts'
import { parseHeader, type BatchHeader } from './header.ts'
import { isRow, lineBytesMax, lineEnd } from './lines.ts'
import { tally } from './tally.ts'
import { problemOf, tooLarge } from './problems.ts'
import { faultComment, noMatter, RowGroup, type RowFault, type RowPlace } from './rows.ts'

/** How long a part stays claimed without being renewed, ms: a dead node's parts go to others after it. */
export const partLeaseMs = 10_000

/** How often a claim is renewed while its rows are applied, ms. */
const renewEveryMs = 2_500

/** Rows that go to the store at once: few enough that a claim is renewed in time. */
const groupRows = 500

interface PartOptions {
  readonly holder: string
  readonly signal: AbortSignal
  readonly onProblem: (batchId: string, error: unknown) => void
}

/**
 * Claims one part of a batch and applies it; several nodes do so side by side.
 *
 * @returns false when there was nothing to claim
 */
export async function applyNextPart(
  context: DomainContext,
  parts: PartStore,
  { holder, signal, onProblem }: PartOptions,
): Promise<boolean> {
  const nowMs = context.clock.nowMs()
  const claim = await parts.claim({ holder, nowMs, leaseMs: partLeaseMs })
  if (claim === undefined) return false
  try {
    const isDone = await applyPart(context, parts, { claim, signal })
    if (!isDone) await parts.release(claim)
  } catch (error) {
    onProblem(claim.batch.batchId, error)
    await parts.release(claim, problemOf(error))
  }
  return true
}

interface Work {
  readonly claim: PartClaim
  readonly signal: AbortSignal
}

/** Applies the rows of a part; false when it was given up in between. */
async function applyPart(
  context: DomainContext,
  parts: PartStore,
  { claim, signal }: Work,
): Promise<boolean> {
  const { batch, part } = claim
  const client = await context.clients.get(batch.client)
  if (client === undefined) throw new Error(`client ${batch.client} is gone`)
  const upload = await parts.read(batch.batchId, part)
  const header = await readPartHeader(parts, batch.batchId)
  if (upload === undefined || header === undefined) throw new Error('the upload is not in the spool')
  const common = {
    client: batch.client,
    atMs: batch.acceptedAtMs,
    create: batch.version === 2,
    lifetimeMs: client.profileLifetimeDays * dayMs,
  }
  const group = new RowGroup(header, common, {
    rowsMax: Math.min(groupRows, context.settings.checkpointRows),
    bytesSize: lineBytesMax,
  })
  const faults = new Map<number, RowFault>()
  const rows = [...rowsOf(upload, { header, isFirst: part === 0 })]
  let progress = noProgress
  let renewedAtMs = context.clock.nowMs()
  for (let at = 0; at < rows.length;) {
    if (signal.aborted) return false
    group.clear()
    const first = at
    for (; at < rows.length && group.hasRoomFor(lengthOf(rows[at]!)); at++) {
      const { line, place } = rows[at]!
      const fault = group.add(place, line)
      if (fault) faults.set(line, fault)
    }
    const nowMs = context.clock.nowMs()
    if (nowMs - renewedAtMs >= renewEveryMs) {
      renewedAtMs = nowMs
      if (!(await parts.renew(claim, { nowMs, leaseMs: partLeaseMs }))) return true
    }
    const outcomes = await context.store.profiles.applyRows(group, nowMs)
    for (const { line, profileBytes } of outcomes.refused) faults.set(line, tooLarge(profileBytes))
    progress = tally(progress, { group, rows: at - first }, outcomes)
  }
  const failedRows = failedText(rows, { header, isFirst: part === 0, faults })
  await parts.finish(claim, { progress, failedRows }, context.clock.nowMs())
  return true
}

/**
 * Reads the failed rows of a batch part by part: those found when it was applied, else those that the
 * bytes show.
 */
export async function* readFailedParts(parts: PartStore, batchId: string): AsyncGenerator<Uint8Array> {
  const count = await parts.count(batchId)
  const header = await readPartHeader(parts, batchId)
  for (let part = 0; part < count; part++) {
    const kept = await parts.readFailed(batchId, part)
    if (kept !== undefined) yield kept
    else {
      const upload = await parts.read(batchId, part)
      if (upload && header) yield failedByBytes(upload, { header, isFirst: part === 0 })
    }
  }
}

async function readPartHeader(parts: PartStore, batchId: string): Promise<BatchHeader | undefined> {
  const first = await parts.read(batchId, 0)
  return first && parseHeader(first.bytes)
}

/** The failed rows of a part that has not been applied. */
function failedByBytes(upload: UploadPart, which: { header: BatchHeader; isFirst: boolean }): Buffer {
  const group = new RowGroup(which.header, noMatter, { rowsMax: 1, bytesSize: lineBytesMax })
  const faults = new Map<number, RowFault>()
  const rows = [...rowsOf(upload, which)]
  for (const { line, place } of rows) {
    group.clear()
    const fault = group.add(place, line)
    if (fault) faults.set(line, fault)
  }
  return failedText(rows, { ...which, faults })
}

interface PartRow {
  readonly line: number
  readonly place: RowPlace
}

function lengthOf({ place }: PartRow): number {
  return place.end - place.start
}

function* rowsOf(
  { bytes, firstLine, isRest }: UploadPart,
  { header, isFirst }: { header: BatchHeader; isFirst: boolean },
): Generator<PartRow> {
  if (isRest) return
  let start = isFirst ? header.rowsStart : 0
  for (let line = isFirst ? 2 : firstLine; start < bytes.length; line++) {
    const feed = bytes.indexOf(0x0a, start)
    const stop = feed < 0 ? bytes.length : feed
    // Of a row that is too long so much is looked at as shows it.
    const end = Math.min(lineEnd(bytes, start, stop), start + lineBytesMax + 1)
    if (isRow(bytes, start, end)) yield { line, place: { bytes, start, end } }
    start = stop + 1
  }
}

function failedText(
  rows: readonly PartRow[],
  {
    header,
    isFirst,
    faults,
  }: { header: BatchHeader; isFirst: boolean; faults: ReadonlyMap<number, RowFault> },
): Buffer {
  const pieces: Buffer[] = isFirst ? [header.text, Buffer.from('\n')] : []
  for (const { line, place } of rows) {
    const fault = faults.get(line)
    if (fault === undefined) continue
    const bytes = place.bytes.subarray(place.start, place.end)
    // A carriage return that is data at the end of a row stays data only before another one.
    const ending = bytes.at(-1) === 0x0d ? '\r\n' : '\n'
    pieces.push(bytes, Buffer.from(`${ending}${faultComment(line, fault)}\n`))
  }
  return Buffer.concat(pieces)
}
