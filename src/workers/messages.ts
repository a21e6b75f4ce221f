import type { Attempter } from '../domain/accounts/attempts.ts'
import type { Counted } from '../domain/call-counts.ts'
import type { MetricSamples } from '../http/metrics.ts'

/** What a worker asks the primary process, and what it is answered. */
export interface Questions {
  countCall: { question: { key: string; perMinute: number }; answer: Counted }
  /** Counts as failed until it is ended. */
  beginAttempt: { question: Attempter; answer: { attempt: number } | { retryAfterSeconds: number } }
  endAttempt: { question: { attempt: number; how: 'succeed' | 'withdraw' }; answer: null }
  /** The metrics of all processes, as text. */
  scrape: { question: null; answer: string }
  flushCallers: { question: null; answer: null }
}

/** What the primary process asks a worker. */
export interface Requests {
  collect: { question: null; answer: MetricSamples }
  flush: { question: null; answer: null }
}

/** A question under way, with the number that its answer has. */
export interface Asked {
  readonly kind: 'question'
  readonly number: number
  readonly name: string
  readonly question: unknown
}

export type Answered =
  | { readonly kind: 'answer'; readonly number: number; readonly answer: unknown }
  | { readonly kind: 'failure'; readonly number: number; readonly message: string }

/** What a worker tells the primary process. */
export type Told =
  | { readonly kind: 'listening'; readonly url: string }
  /** It could not start: there is no use in trying again. */
  | { readonly kind: 'failed'; readonly message: string }
  /** A batch was accepted. */
  | { readonly kind: 'accepted' }

/** What the primary process tells a worker. */
export type Ordered = { readonly kind: 'stop' } | { readonly kind: 'reload' }
