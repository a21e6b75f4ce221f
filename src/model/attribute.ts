import { hasAtMostChars, isWellFormed } from '../lib/text.ts'
import { attributeNameCharsMax } from './limits.ts'

/** The attribute that the service sets itself when a profile is created; nobody else may write it. */
export const firstSessionStart = 'firstSessionStart'

/**
 * When a value was written: epoch milliseconds, then the line of the batch row (0 for a live write).
 *
 * The later stamp wins, attribute by attribute. The line makes the order of a file part of the time
 * itself: rows may be applied in any order, twice, or by several nodes, with the same result.
 */
export interface Stamp {
  readonly atMs: number
  readonly line: number
}

/**
 * The attribute that remembers when a profile was erased: never with a value, and of a name that
 * nobody can write. Batch rows accepted before its stamp set nothing.
 */
export const erasureMarker = '\0'

/** One attribute of a profile; without a value it was removed, and its stamp guards against older rows. */
export interface Attribute extends Stamp {
  readonly value: string | undefined
}

/**
 * Values to set, as UTF-8 one after the other: value `i` of `names[i]` is
 * `bytes[i === 0 ? start : ends[i - 1]` … `ends[i])`. An empty value sets nothing.
 *
 * All rows of a batch share one `names`, and no value is decoded on its way into an embedded store.
 */
export interface AttributeValues {
  readonly names: readonly string[]
  readonly bytes: Buffer
  readonly start: number
  readonly ends: ArrayLike<number>
}

/** The values of an update that sets nothing. */
export const noValues: AttributeValues = { names: [], bytes: Buffer.alloc(0), start: 0, ends: [] }

/** Packs decoded values for an update. Values must be well-formed (no lone surrogates). */
export function packValues(values: ReadonlyMap<string, string>): AttributeValues {
  if (values.size === 0) return noValues
  const texts = [...values.values()]
  const text = texts.join('')
  const bytes = Buffer.from(text)
  // Of what is ASCII alone each value has as many bytes as characters.
  const isAscii = bytes.length === text.length
  let end = 0
  const ends = texts.map((value) => (end += isAscii ? value.length : Buffer.byteLength(value)))
  return { names: [...values.keys()], bytes, start: 0, ends }
}

/** Decodes packed values, leaving out the empty ones. */
export function unpackValues(values: AttributeValues): Map<string, string> {
  const unpacked = new Map<string, string>()
  let start = values.start
  for (let i = 0; i < values.names.length; i++) {
    const end = values.ends[i] ?? start
    if (end > start) unpacked.set(values.names[i] ?? '', values.bytes.toString('utf8', start, end))
    start = end
  }
  return unpacked
}

/** Tells whether packed values would set anything. */
export function hasValues(values: AttributeValues): boolean {
  const last = values.names.length - 1
  return last >= 0 && (values.ends[last] ?? values.start) > values.start
}

/** Orders two stamps: negative when `a` is earlier. */
export function compareStamps(a: Stamp, b: Stamp): number {
  return a.atMs === b.atMs ? a.line - b.line : a.atMs - b.atMs
}

// Control characters of both ASCII and Latin-1: a name with one could break a log line or a header.
// oxlint-disable-next-line no-control-regex -- they are what is looked for
const controlCharacter = /[\u0000-\u001f\u007f-\u009f]/

/**
 * Tells what is wrong with an attribute name written from outside, as the end of a sentence.
 *
 * @returns `undefined` for a good name
 * @source  decisions.md §3
 */
export function attributeNameFault(name: string): string | undefined {
  if (name === '') return 'is empty; give the attribute a name'
  if (!isWellFormed(name)) return 'is not valid UTF-8'
  if (!hasAtMostChars(name, attributeNameCharsMax))
    return `is longer than ${attributeNameCharsMax} characters`
  if (controlCharacter.test(name)) return 'holds a control character'
  if (name === firstSessionStart) return 'is set by the service and cannot be written; leave it out'
  return undefined
}
