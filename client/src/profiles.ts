import { pathPart, type Session } from './session.ts'
import type { CallOptions } from './time.ts'
import type { Profile, ProfileEntry, UpdateReply } from './wire.ts'

/** The one id by which a profile is asked for. */
export type VisitorId =
  { readonly tntId: string } | { readonly thirdPartyId: string } | { readonly ecid: string }

/** The ids by which an update names its visitor; given both, they are linked. */
export interface UpdateIds {
  readonly tntId?: string | undefined
  readonly thirdPartyId?: string | undefined
}

/** What became of an update. */
export type Outcome = UpdateReply['outcome']

export interface ProfileEdit {
  readonly set?: Readonly<Record<string, string>>
  readonly remove?: readonly string[]
}

/** Single profiles. */
export class Profiles {
  readonly #session: Session

  constructor(session: Session) {
    this.#session = session
  }

  /** Reads a profile. @throws ServiceError `profile_not_found` */
  get(id: VisitorId, options: CallOptions = {}): Promise<Profile> {
    const { kind, text } = kindOf(id)
    const place = kind === 'tntId' ? '' : `${kind}/`
    const client = encodeURIComponent(this.#session.client)
    const path = `/rest/v1/profiles/${place}${pathPart(text)}?client=${client}`
    return this.#session.json<Profile>({ method: 'GET', path }, options)
  }

  /**
   * Sets attributes; empty values are left as they are.
   *
   * @param ids        at least one; a profile that is not there is told as `not-found`, not thrown
   * @param attributes by their names, without the prefix `profile.`
   */
  async update(
    ids: UpdateIds,
    attributes: Readonly<Record<string, string>>,
    options: CallOptions = {},
  ): Promise<Outcome> {
    const form = new URLSearchParams()
    if (ids.tntId !== undefined) form.append('mboxPC', ids.tntId)
    if (ids.thirdPartyId !== undefined) form.append('mbox3rdPartyId', ids.thirdPartyId)
    for (const [name, value] of Object.entries(attributes)) form.append(`profile.${name}`, value)
    const { outcome } = await this.#session.json<UpdateReply>(
      {
        method: 'POST',
        path: `/m2/${pathPart(this.#session.client)}/profile/update`,
        headers: { accept: 'application/json', 'content-type': 'application/x-www-form-urlencoded' },
        body: form.toString(),
      },
      options,
    )
    return outcome
  }

  /** Reads a profile, by the Admin API: without the token. @throws ServiceError `profile_not_found` */
  read(id: VisitorId, options: CallOptions = {}): Promise<ProfileEntry> {
    return this.#session.admin<ProfileEntry>({ method: 'GET', path: adminPath(id) }, options)
  }

  /** Sets and removes attributes, by the Admin API. @throws ServiceError `profile_not_found` */
  edit(id: VisitorId, edit: ProfileEdit, options: CallOptions = {}): Promise<ProfileEntry> {
    return this.#session.admin<ProfileEntry>({ method: 'PATCH', path: adminPath(id), json: edit }, options)
  }

  /** Deletes a profile with all its ids, by the Admin API. @throws ServiceError `profile_not_found` */
  delete(id: VisitorId, options: CallOptions = {}): Promise<void> {
    return this.#session.admin<void>({ method: 'DELETE', path: adminPath(id) }, options)
  }

  /** Lists the names of attributes seen in writes, without the prefix `profile.`, by the Admin API. */
  async attributeNames(options: CallOptions = {}): Promise<string[]> {
    const path = '/profileattributes/mbox'
    const { mboxProfileAttributes } = await this.#session.admin<{ mboxProfileAttributes: string[] }>(
      { method: 'GET', path },
      options,
    )
    return mboxProfileAttributes.map((name) => name.replace(/^profile\./, ''))
  }
}

function adminPath(id: VisitorId): string {
  const { kind, text } = kindOf(id)
  return `/profiles/${kind}/${pathPart(text)}`
}

/** The kind of an id by its name on the wire. */
function kindOf(id: VisitorId): { kind: string; text: string } {
  if ('tntId' in id) return { kind: 'tntId', text: id.tntId }
  if ('thirdPartyId' in id) return { kind: 'thirdPartyId', text: id.thirdPartyId }
  return { kind: 'marketingCloudVisitorId', text: id.ecid }
}
