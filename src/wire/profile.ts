import { Type } from '@sinclair/typebox'
import { named } from './named.ts'

const Time = Type.String({ description: 'ISO 8601, such as 2026-11-23T07:34:09.123+00:00.' })

const members = {
  client: Type.String(),
  visitorId: Type.String({ description: 'The id that was asked for.' }),
  modifiedAt: Time,
  profileAttributes: Type.Record(Type.String(), Type.Object({ value: Type.String(), modifiedAt: Time })),
}

/** A profile as a fetch shows it. @source target-profile-service.md §4 */
export const Profile = named('Profile', Type.Object(members))

/** What of a profile's 64 KiB is free, beside the profile or the outcome that it is of. */
export const BytesLeft = Type.Integer({
  minimum: 0,
  description: 'Bytes of names and values that the profile can still take, of its 65,536.',
})

/** A profile as the Admin API shows it. */
export const ProfileEntry = named('ProfileEntry', Type.Object({ ...members, bytesLeft: BytesLeft }))

/** What a fetch shows of a profile. */
export interface ProfileFacts {
  readonly modifiedAtMs: number
  readonly bornAtMs: number
  readonly attributes: readonly { readonly name: string; readonly value: string; readonly atMs: number }[]
}

/** Whose profile it is, and the id that was asked for, as it was asked for. */
export interface ProfileAddress {
  readonly client: string
  readonly visitorId: string
}

/**
 * Writes a fetched profile as JSON.
 *
 * By hand, because the reply is nothing but strings, names may be any text (`__proto__`), and this
 * is the most frequent reply of all.
 */
export function writeProfile({ client, visitorId }: ProfileAddress, profile: ProfileFacts): string {
  let atMs = profile.bornAtMs
  let time = isoTime(atMs)
  let attributes = writeAttribute('firstSessionStart', String(atMs), time)
  for (const attribute of profile.attributes) {
    // Attributes of one write share its time, so the last one is mostly the next one.
    if (attribute.atMs !== atMs) time = isoTime((atMs = attribute.atMs))
    attributes += `,${writeAttribute(attribute.name, attribute.value, time)}`
  }
  const modifiedAt = profile.modifiedAtMs === atMs ? time : isoTime(profile.modifiedAtMs)
  return (
    `{"client":${JSON.stringify(client)},"visitorId":${JSON.stringify(visitorId)},` +
    `"modifiedAt":"${modifiedAt}","profileAttributes":{${attributes}}}`
  )
}

function writeAttribute(name: string, value: string, time: string): string {
  return `${writeName(name)}:{"value":${JSON.stringify(value)},"modifiedAt":"${time}"}`
}

/** Names as JSON: profiles share them. Past the limit the memory starts anew. */
const writtenNames = new Map<string, string>()
const writtenNamesMax = 10_000

function writeName(name: string): string {
  const known = writtenNames.get(name)
  if (known !== undefined) return known
  if (writtenNames.size >= writtenNamesMax) writtenNames.clear()
  const written = JSON.stringify(name)
  writtenNames.set(name, written)
  return written
}

/** ISO 8601 with milliseconds and a numeric offset, as Adobe's own replies have it. */
function isoTime(ms: number): string {
  return `${new Date(ms).toISOString().slice(0, -1)}+00:00`
}
