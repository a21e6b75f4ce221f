import type { TObject, TSchema } from '@sinclair/typebox'
import type { ErrorCode } from '../../lib/errors.ts'

/** The chapters of the reference, in its order. */
export const chapters = {
  'Single updates': 'Change attributes of a profile that exists.',
  Batches: 'Change up to 500,000 profiles at once, and see what became of it.',
  Profiles: 'Read a profile by any of its ids.',
  Visits: "Target's Delivery API: creates profiles, links ids, sets attributes. Needs no token.",
  'Access tokens': 'What the Admin API is called with.',
  'Admin API': 'Settings, tokens, accounts and the audit log of a client.',
  People: 'Signing in, and one’s own account. By a cookie, from pages of this origin alone.',
  Operation: 'Health, figures, and this reference.',
} as const

export type Chapter = keyof typeof chapters

/** A body in one media type. */
export interface Content {
  readonly schema: TSchema
  /** One that the server takes, or answers with; the first is the one to show. */
  readonly examples?: readonly unknown[]
}

/** Media type → the body in it. */
export type Contents = Readonly<Record<string, Content>>

export interface ReplyDescription {
  readonly description: string
  readonly headers?: Readonly<Record<string, TSchema>>
  /** Absent for a reply without a body. */
  readonly contents?: Contents
}

/**
 * What a caller has to know of a route: the one source of the API's description, of its pages, and
 * of the tests that hold replies to it.
 *
 * Nothing here takes part in answering a request: bodies are read, and replies written, by handlers.
 */
export interface RouteDescription {
  /** Unique; generated clients name their methods by it. */
  readonly id: string
  readonly chapter: Chapter
  /** One sentence. */
  readonly summary: string
  readonly details?: string
  readonly isDeprecated?: true
  /**
   * Which token a call needs; the profile token only while its client's switch is on. Where an access
   * token is needed, the session of a person does too.
   */
  readonly token: 'none' | 'profile' | 'access' | 'session'
  /** Parameters, by where they stand; one of the path that is not described is a text. */
  readonly path?: TObject
  readonly query?: TObject
  readonly headers?: TObject
  readonly body?: { readonly isRequired: boolean; readonly contents: Contents }
  /** Status → the reply. */
  readonly replies: Readonly<Record<number, ReplyDescription>>
  /** Codes that this route refuses with, besides those that every route of its kind has. */
  readonly refusals: readonly ErrorCode[]
}

declare module 'fastify' {
  interface FastifyContextConfig {
    /** `none` for what is no address of its own: refusals of other methods, files of a page. */
    description?: RouteDescription | 'none'
  }
}
