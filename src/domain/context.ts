import type { Clock } from '../lib/clock.ts'
import type { Store } from '../store/store.ts'
import type { CallCounts } from './call-counts.ts'
import type { SignInAttempts } from './accounts/attempts.ts'
import type { Passwords } from './accounts/passwords.ts'
import type { People } from './accounts/people.ts'
import type { Sessions } from './accounts/sessions.ts'
import type { CallerLog } from './callers/log.ts'
import type { ClientDirectory } from './clients/directory.ts'
import type { SecretKey } from './secret-key.ts'
import type { TokenChecker } from './tokens/verify.ts'

/** The settings that domain functions read. */
export interface DomainSettings {
  /** Lifetime of a new client's profiles, days. */
  readonly profileLifetimeDays: number
  /** Decoded bytes that an upload must stay below. */
  readonly batchBytesMax: number
  readonly batchRowsMax: number
  readonly batchRetentionMs: number
  /** A batch without progress for this long is shown as stuck, ms. */
  readonly batchStuckMs: number
  /** Rows that go to the store at once; bounds how long a live write waits behind a batch. */
  readonly checkpointRows: number
  /** How long entries of the audit log are kept, ms. */
  readonly auditRetentionMs: number
}

/** What every domain function works with; made once in `main.ts`, or by a test. */
export interface DomainContext {
  readonly store: Store
  readonly clock: Clock
  readonly clients: ClientDirectory
  readonly people: People
  readonly settings: DomainSettings
  /** Called after a batch was accepted, so that a worker need not wait for its next look. */
  readonly batchAccepted: () => void
}

/** What the control plane works with besides: tokens, who calls, and who is signed in. */
export interface ControlContext extends DomainContext {
  readonly secretKey: SecretKey
  readonly tokens: TokenChecker
  readonly callers: CallerLog
  readonly passwords: Passwords
  readonly attempts: SignInAttempts
  readonly callCounts: CallCounts
  /** Writes what was noted of callers, in all processes. */
  readonly flushCallers: () => Promise<void>
  readonly sessions: Sessions
}
