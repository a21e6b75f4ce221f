import type { FastifyBaseLogger } from 'fastify'
import type { SingleSignOn } from '../domain/accounts/single-sign-on.ts'
import type { ControlContext } from '../domain/context.ts'
import type { Drain } from '../lib/drain.ts'
import type { Metrics } from './metrics.ts'
import type { Tls } from './tls.ts'

/** The settings that the HTTP layer reads; `Config` has them all under these names. */
export interface HttpSettings {
  /** Code of the client that calls without a client mean. */
  readonly defaultClient: string
  /** Address that the server listens on. */
  readonly host: string
  /** Scheme and host by which browsers reach the server; empty: as the request says. */
  readonly publicUrl: string
  /** Host that visit replies name; empty for none. */
  readonly edgeHost: string
  /** Addresses and ranges whose X-Forwarded headers are believed. */
  readonly trustedProxies: readonly string[]
  readonly updateQueryBytesMax: number
  readonly updatePostBytesMax: number
  readonly deliveryBytesMax: number
  readonly bodyIdleSeconds: number
  /** Bytes a second; 0 for no such limit. */
  readonly bodyRateMin: number
  readonly bodyRateWindowSeconds: number
  /** Calls to the Admin API that each client has a minute; 0 for no limit. */
  readonly adminCallsPerMinute: number
  /** Uploads that each client has a minute; 0 for no limit. */
  readonly batchCallsPerMinute: number
}

/** What the HTTP layer works with; made once in `main.ts`, or by a test. */
export interface Services {
  readonly context: ControlContext
  readonly settings: HttpSettings
  readonly log: FastifyBaseLogger
  /** Used by one application alone: it adds readings of its own. */
  readonly metrics: Metrics
  /** Writes the metrics of all processes, where there are several. */
  readonly scrape?: (() => Promise<string>) | undefined
  /** Without it the process stops as soon as it is told to. */
  readonly drain?: Drain | undefined
  /** Without it the listener speaks plain HTTP. */
  readonly tls?: Tls | undefined
  /** Without it people sign in by password alone. */
  readonly sso?: SingleSignOn | undefined
  /** Where the built console lies. Without it there is none. */
  readonly consoleDirectory?: string | undefined
}
