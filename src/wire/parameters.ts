import { Refusal } from '../lib/errors.ts'
import { decodeText, type DecodeFault } from '../lib/percent.ts'
import { isWellFormed } from '../lib/text.ts'
import { scalarText } from './scalar.ts'

/**
 * The parameters of an update that count: each with its last value that is not empty, or empty.
 *
 * All others are left out unjudged; a connector that leaves `&` in values unencoded makes some.
 */
export type UpdateParameters = Map<string, string>

/** What the name of every attribute's parameter begins with. */
export const attributePrefix = 'profile.'

/**
 * Reads a query string or form body into `into`, after what is there already.
 *
 * @param text form-encoded UTF-8, one character a byte; `&` parts parameters, the first `=` name and value
 * @throws     Refusal `parameter_invalid` for a malformed escape or bytes that are not UTF-8
 */
export function readForm(text: string, into: UpdateParameters): void {
  for (let start = 0; start < text.length;) {
    const found = text.indexOf('&', start)
    const end = found < 0 ? text.length : found
    if (end > start) readPair(text.slice(start, end), into)
    start = end + 1
  }
}

function readPair(pair: string, into: UpdateParameters) {
  const found = pair.indexOf('=')
  const nameEnd = found < 0 ? pair.length : found
  const name = decode(pair.slice(0, nameEnd))
  if (typeof name !== 'string') {
    const shown = pair.slice(0, nameEnd)
    if (!counts(decodeLeniently(shown))) return
    throw invalid(`The name of the parameter ${shown}: ${name.fault}; percent-encode it as UTF-8.`)
  }
  if (!counts(name)) return
  const value = decode(pair.slice(nameEnd + 1))
  if (typeof value === 'string') return keep(into, name, value)
  throw invalid(`The parameter ${name}: ${value.fault}; percent-encode the value as UTF-8.`)
}

/** Most names and values hold nothing to decode, and stay pieces of the text. */
function decode(text: string): string | DecodeFault {
  return /[%+\u0080-\u00ff]/.test(text) ? decodeText(Buffer.from(text, 'latin1')) : text
}

/**
 * Reads a flat JSON object into `into`, after what is there already.
 *
 * @throws Refusal `body_malformed`, or `parameter_invalid` for a value that is an object or array
 */
export function readJson(bytes: Buffer, into: UpdateParameters): void {
  const body = parseJson(bytes)
  if (typeof body !== 'object' || body === null || Array.isArray(body)) {
    throw new Refusal(
      'body_malformed',
      'The body must be a JSON object such as {"mboxPC":"…","profile.k":"v"}.',
    )
  }
  for (const [name, value] of Object.entries(body)) {
    if (!counts(name)) continue
    if (!isWellFormed(name))
      throw invalid(`The name of a parameter, ${JSON.stringify(name)}, is not valid Unicode.`)
    const text = scalarText(value ?? '')
    if (typeof text !== 'string') throw invalid(`The parameter ${name} ${text.fault}.`)
    keep(into, name, text)
  }
}

const utf8 = new TextDecoder('utf-8', { fatal: true })

/**
 * Parses a body as JSON, whatever its content type; a byte order mark before it is skipped.
 *
 * @throws Refusal `body_malformed`
 */
export function parseJson(bytes: Buffer): unknown {
  let text: string
  try {
    text = utf8.decode(bytes)
  } catch {
    // ERR_ENCODING_INVALID_ENCODED_DATA, the one error of decoding.
    throw new Refusal('body_malformed', 'The body is not valid UTF-8; encode the JSON as UTF-8.')
  }
  try {
    return JSON.parse(text)
  } catch (error) {
    // SyntaxError, the one error of parsing. Its message may quote the body; only the place is told.
    const place = /position \d+|Unexpected token '.'/u.exec(String(error))?.[0] ?? 'unexpected end'
    throw new Refusal('body_malformed', `The body is not valid JSON (${place.toLowerCase()}).`)
  }
}

function counts(name: string): boolean {
  return name.startsWith(attributePrefix) || name === 'mboxPC' || name === 'mbox3rdPartyId'
}

function keep(into: UpdateParameters, name: string, value: string) {
  // A blank id names nobody, so it counts as empty.
  const isEmpty = name.startsWith(attributePrefix) ? value === '' : value.trim() === ''
  if (!isEmpty || !into.has(name)) into.set(name, value)
}

/** Decodes what can be decoded, to tell what a faulty name begins with. */
function decodeLeniently(name: string): string {
  return name.replace(/%([0-9a-f]{2})/gi, (_, hex: string) => String.fromCharCode(Number.parseInt(hex, 16)))
}

function invalid(message: string): Refusal {
  return new Refusal('parameter_invalid', message)
}
