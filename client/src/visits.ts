import type { Session } from './session.ts'
import type { CallOptions } from './time.ts'
import type { VisitReply } from './wire.ts'

/** Attributes that a part of a visit sets. */
export interface VisitDetails {
  readonly profileParameters?: Readonly<Record<string, string | number | boolean>>
  readonly parameters?: Readonly<Record<string, unknown>>
}

export interface VisitPart {
  readonly pageLoad?: VisitDetails
  readonly mboxes?: readonly (VisitDetails & { readonly name: string; readonly index?: number })[]
  readonly views?: readonly (VisitDetails & { readonly name?: string; readonly key?: string })[]
}

export interface VisitNotification extends VisitDetails {
  readonly id: string
  readonly type: 'click' | 'display'
  /** Epoch milliseconds. */
  readonly timestamp: number
  readonly mbox?: { readonly name?: string }
  readonly view?: { readonly name?: string }
}

/** The body of Target's Delivery API; `context` is a web page's unless given. */
export interface Visit {
  /** 1 to 128 printable characters other than space, `?`, `{`, `}` and `/`. */
  readonly sessionId: string
  readonly id?: {
    readonly tntId?: string
    readonly thirdPartyId?: string
    readonly marketingCloudVisitorId?: string
  }
  readonly context?: { readonly channel: 'web' | 'mobile' }
  readonly requestId?: string
  readonly execute?: VisitPart
  readonly prefetch?: VisitPart
  readonly notifications?: readonly VisitNotification[]
}

/** Visits: they create profiles, link ids and set attributes. They need no token. */
export class Visits {
  readonly #session: Session

  constructor(session: Session) {
    this.#session = session
  }

  /** Sends a visit; it is not sent again when the network fails. */
  send({ sessionId, ...visit }: Visit, options: CallOptions = {}): Promise<VisitReply> {
    const query = new URLSearchParams({ client: this.#session.client, sessionId })
    return this.#session.json<VisitReply>(
      {
        method: 'POST',
        path: `/rest/v1/delivery?${query.toString()}`,
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify({ context: { channel: 'web' }, ...visit }),
        isOpen: true,
      },
      options,
    )
  }
}
