import { applyNext } from '../../src/domain/batches/worker.ts'
import { acceptBatch } from '../../src/domain/batches/accept.ts'
import { readFailedRows } from '../../src/domain/batches/failed-rows.ts'
import { readBatch } from '../../src/domain/batches/status.ts'
import { OwnSignInAttempts } from '../../src/domain/accounts/attempts.ts'
import { Passwords } from '../../src/domain/accounts/passwords.ts'
import { People } from '../../src/domain/accounts/people.ts'
import { Sessions } from '../../src/domain/accounts/sessions.ts'
import { ClientDirectory, type Client } from '../../src/domain/clients/directory.ts'
import { OwnCallCounts } from '../../src/domain/call-counts.ts'
import { CallerLog } from '../../src/domain/callers/log.ts'
import type { ControlContext, DomainContext, DomainSettings } from '../../src/domain/context.ts'
import { SecretKey } from '../../src/domain/secret-key.ts'
import { TokenChecker } from '../../src/domain/tokens/verify.ts'
import { manualClock, type ManualClock } from '../../src/lib/clock.ts'
import type { Batch } from '../../src/model/batch.ts'
import { dayMs } from '../../src/model/limits.ts'
import type { Store } from '../../src/store/store.ts'

export interface TestContext extends ControlContext {
  readonly clock: ManualClock
}

/** A domain over a store, on a clock that stands still, with the default settings. */
export function testContext(store: Store, settings: Partial<DomainSettings> = {}): TestContext {
  const clock = manualClock()
  const people = new People(store.documents, clock)
  const callers = new CallerLog(store.documents, clock)
  return {
    store,
    clock,
    clients: new ClientDirectory(store.documents, clock),
    people,
    batchAccepted: () => {},
    secretKey: new SecretKey('a key for tests, long enough to be one'),
    tokens: new TokenChecker(store.documents, clock),
    callers,
    flushCallers: () => callers.flush({ everything: false }),
    callCounts: new OwnCallCounts(clock),
    passwords: new Passwords(),
    attempts: new OwnSignInAttempts(clock),
    sessions: new Sessions(store.documents, clock, people),
    settings: {
      profileLifetimeDays: 14,
      batchBytesMax: 52_428_800,
      batchRowsMax: 500_000,
      batchRetentionMs: 30 * dayMs,
      batchStuckMs: 600_000,
      checkpointRows: 10_000,
      auditRetentionMs: 400 * dayMs,
      ...settings,
    },
  }
}

/** Accepts an upload given whole or in pieces. */
export async function upload(
  context: DomainContext,
  client: Client,
  body: string | Buffer | readonly Uint8Array[],
  version: 1 | 2 = 2,
): Promise<Batch> {
  const pieces = typeof body === 'string' || Buffer.isBuffer(body) ? [Buffer.from(body)] : body
  async function* chunks() {
    yield* pieces
  }
  return acceptBatch(context, { client, version, body: chunks() })
}

/** Applies all batches that can be claimed; a batch that cannot go on throws here. */
export async function applyAllBatches(context: DomainContext) {
  const problems: unknown[] = []
  const options = {
    holder: 'test',
    signal: new AbortController().signal,
    onProblem: (_batchId: string, error: unknown) => void problems.push(error),
  }
  while (await applyNext(context, options));
  if (problems.length > 0) throw new Error('a batch could not go on', { cause: problems[0] })
}

/** A batch's status and counts as its status shows them. */
export async function statusOf(context: DomainContext, client: Client, { batchId }: Batch) {
  const found = await readBatch(context, client, batchId)
  if (found === undefined) return undefined
  const { rowsApplied: _, ...counts } = found.batch.progress
  return { status: found.status, rows: found.batch.rows, ...counts }
}

export async function failedRowsText(
  context: DomainContext,
  client: Client,
  { batchId }: Batch,
): Promise<string> {
  const pieces = await readFailedRows(context, client, batchId)
  const read: Uint8Array[] = []
  for await (const piece of pieces ?? []) read.push(piece)
  return Buffer.concat(read).toString('latin1')
}

/** Claims what is next and gives it back; returns the batch's id. */
export async function claimAndRelease({ store, clock }: TestContext): Promise<string | undefined> {
  const options = { holder: 'test', nowMs: clock.nowMs(), leaseMs: 1000 }
  const { batches } = store
  if (batches.parts) {
    const claim = await batches.parts.claim(options)
    if (claim) await batches.parts.release(claim)
    return claim?.batch.batchId
  }
  const claim = await batches.claim(options)
  if (claim) await batches.release(claim)
  return claim?.batch.batchId
}
