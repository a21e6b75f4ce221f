import type { Attribute } from '../../model/attribute.ts'
import type { Profile, ProfileView } from '../../model/profile.ts'
import type { VisitorId } from '../../model/visitor-id.ts'
import type { ByteReader, ByteWriter } from './bytes.ts'
import type { Names } from './names.ts'
import { kindByte, kindOf } from './profile-keys.ts'

/**
 * One value of the database `profiles`, under the key of an id:
 *
 * ```
 * link     2, then the key of the profile that the id leads to
 * profile  1
 *          time    last write
 *          varint  last write - creation, ms, in `ageBytes` at least
 *          varint  expiry - last write, ms
 *          varint  number of ids besides the key; each: kind (1 byte), text
 *          varint  number of stamps; each: varint last write - stamp's time, varint line in
 *                  `lineBytes` at least
 *          varint  number of attributes; each:
 *                    varint  number of its name, or 0 and the name as text
 *                    varint  2 × number of its stamp + 1 if it was removed
 *                    value as text, unless removed
 * ```
 */
export const profileTag = 1
export const linkTag = 2

/**
 * Room for an age of 397 days, and for lines up to 2,097,151: numbers that grow or shrink with each
 * write. A record that keeps its length is written over in its place; one that grows by a byte is
 * taken out and put in again, and splits its page when that is full.
 *
 * @source bench `batch`: rows over existing profiles
 */
export const ageBytes = 5
export const lineBytes = 3

/** Appends a profile to the writer. In a write transaction only: names may get numbers. */
export function encodeProfile(writer: ByteWriter, profile: Profile, names: Names) {
  const others = profile.ids.filter((id) => id.kind !== profile.key.kind || id.id !== profile.key.id)
  writer.reserve(64)
  writer.byte(profileTag)
  writer.time(profile.writtenAtMs)
  writer.paddedVarint(profile.writtenAtMs - profile.bornAtMs, ageBytes)
  writer.varint(profile.expiresAtMs - profile.writtenAtMs)
  writer.varint(others.length)
  for (const { kind, id } of others) {
    writer.reserve(1)
    writer.byte(kindByte(kind))
    writer.text(id)
  }
  encodeAttributes(writer, profile, names)
}

function encodeAttributes(writer: ByteWriter, profile: Profile, names: Names) {
  const stamps = new Map<string, number>()
  const distinct: Attribute[] = []
  for (const attribute of profile.attributes.values()) {
    const text = stampText(attribute)
    if (stamps.has(text)) continue
    stamps.set(text, distinct.length)
    distinct.push(attribute)
  }
  writer.reserve(32 + 16 * distinct.length)
  writer.varint(distinct.length)
  for (const { atMs, line } of distinct) {
    writer.varint(profile.writtenAtMs - atMs)
    writer.paddedVarint(line, lineBytes)
  }
  writer.varint(profile.attributes.size)
  for (const [name, attribute] of profile.attributes) {
    writer.reserve(16)
    // Only names that have had a value get numbers: those are the ones that are listed.
    const number = attribute.value === undefined ? names.find(name) : names.number(name)
    writer.varint(number)
    if (number === 0) writer.text(name)
    writer.reserve(8)
    const stamp = stamps.get(stampText(attribute)) ?? 0
    writer.varint(stamp * 2 + (attribute.value === undefined ? 1 : 0))
    if (attribute.value !== undefined) writer.text(attribute.value)
  }
}

/** Times of a profile, and where its attributes begin: all that most readers need first. */
export interface RecordHead {
  readonly writtenAtMs: number
  readonly bornAtMs: number
  readonly expiresAtMs: number
}

/** Reads the head of a profile; the reader then stands before the ids. */
export function readHead(reader: ByteReader): RecordHead {
  const writtenAtMs = reader.time()
  const bornAtMs = writtenAtMs - reader.varint()
  return { writtenAtMs, bornAtMs, expiresAtMs: writtenAtMs + reader.varint() }
}

/** Reads the ids besides the key. */
export function readIds(reader: ByteReader): VisitorId[] {
  const ids: VisitorId[] = []
  for (let count = reader.varint(); count > 0; count--)
    ids.push({ kind: kindOf(reader.byte()), id: reader.text() })
  return ids
}

/** Reads a whole profile from behind its tag. */
export function decodeProfile(reader: ByteReader, key: VisitorId, names: Names): Profile {
  const head = readHead(reader)
  const ids = [key, ...readIds(reader)]
  const attributes = new Map<string, Attribute>()
  forEachAttribute(reader, head, names, (name, attribute) => attributes.set(name, attribute))
  return { key, ids, ...head, attributes }
}

/** Reads what a fetch shows of a profile, from behind the head. */
export function decodeView(reader: ByteReader, head: RecordHead, names: Names): ProfileView {
  for (let count = reader.varint(); count > 0; count--) {
    reader.byte()
    const length = reader.varint()
    reader.position += length
  }
  let modifiedAtMs = head.bornAtMs
  const attributes: { name: string; value: string; atMs: number }[] = []
  forEachAttribute(reader, head, names, (name, { value, atMs }) => {
    if (value === undefined) return
    if (atMs > modifiedAtMs) modifiedAtMs = atMs
    attributes.push({ name, value, atMs })
  })
  return { bornAtMs: head.bornAtMs, modifiedAtMs, attributes }
}

function forEachAttribute(
  reader: ByteReader,
  head: RecordHead,
  names: Names,
  visit: (name: string, attribute: Attribute) => void,
) {
  const stampCount = reader.varint()
  const times: number[] = []
  const lines: number[] = []
  for (let i = 0; i < stampCount; i++) {
    times.push(head.writtenAtMs - reader.varint())
    lines.push(reader.varint())
  }
  for (let count = reader.varint(); count > 0; count--) {
    const number = reader.varint()
    const name = number === 0 ? reader.text() : names.text(number)
    const flags = reader.varint()
    const value = flags % 2 === 1 ? undefined : reader.text()
    const stamp = flags >> 1
    visit(name, { value, atMs: times[stamp]!, line: lines[stamp]! })
  }
}

function stampText({ atMs, line }: Attribute): string {
  return `${atMs}:${line}`
}
