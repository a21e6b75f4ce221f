import type { Page } from './batches.ts'
import { pathPart, type Session } from './session.ts'
import type { CallOptions } from './time.ts'
import type { Caller, Revision, RevisionList } from './wire.ts'

export type RevisionType =
  'clientSettings' | 'authenticationToken' | 'client' | 'credential' | 'user' | 'workspace' | 'profile'

/** One change with what was before and after it. */
export interface RevisionDetails {
  readonly summary: Revision
  readonly before?: unknown
  readonly after?: unknown
  readonly address: string
  readonly userAgent: string
}

export interface RevisionQuery extends Page {
  /** Since when; the last day unless given. */
  readonly modifiedAt?: Date | undefined
  /** E-mail address of a person, client id of a credential. */
  readonly modifiedBy?: string | undefined
}

/** Callers whom the switch would cut off, by the Admin API. */
export class Callers {
  readonly #session: Session

  constructor(session: Session) {
    this.#session = session
  }

  list(page: Page = {}, options: CallOptions = {}): Promise<{ total: number; callers: Caller[] }> {
    return this.#session.admin({ method: 'GET', path: '/callers', query: { ...page } }, options)
  }
}

/** The audit log, by the Admin API. */
export class Audit {
  readonly #session: Session

  constructor(session: Session) {
    this.#session = session
  }

  /** Lists changes of a type. */
  list(type: RevisionType, query: RevisionQuery = {}, options: CallOptions = {}): Promise<RevisionList> {
    const { modifiedAt, ...rest } = query
    return this.#session.admin(
      {
        method: 'GET',
        path: `/revisions/${type}`,
        query: { ...rest, modifiedAt: modifiedAt?.toISOString() },
      },
      options,
    )
  }

  /** Lists the changes of one thing, the latest first. */
  listOf(
    entity: { readonly type: RevisionType; readonly id: string },
    page: Page = {},
    options: CallOptions = {},
  ): Promise<RevisionList> {
    return this.#session.admin({ method: 'GET', path: entityPath(entity), query: { ...page } }, options)
  }

  /** Reads one change. @throws ServiceError `revision_not_found` */
  async get(
    entity: { readonly type: RevisionType; readonly id: string },
    revisionId: number,
    options: CallOptions = {},
  ): Promise<RevisionDetails> {
    const path = `${entityPath(entity)}/revision/${revisionId}`
    const { summary, jsonData } = await this.#session.admin<{ summary: Revision; jsonData: string }>(
      { method: 'GET', path },
      options,
    )
    return { summary, ...JSON.parse(jsonData) }
  }
}

function entityPath({ type, id }: { readonly type: RevisionType; readonly id: string }): string {
  return `/revisions/${type}/${pathPart(id)}`
}
