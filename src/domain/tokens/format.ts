import { createHash, hash, randomInt } from 'node:crypto'
import { crc32 } from 'node:zlib'

/**
 * The form of a profile authentication token: `slh_`, its id, `_`, a secret, and a checksum of all
 * that. The checksum tells a token cut short or mistyped without a look at the store.
 *
 * @source decisions.md §6
 */
const pattern = /^slh_[0-9A-Za-z]{8}_[0-9A-Za-z]{38}$/

const alphabet = '0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz'
const secretChars = 32
const checksumChars = 6

/** Characters of an id: those that the client's code gives, and random ones. */
const clientMarkChars = 4
const randomIdChars = 4

/** A token taken apart. */
export interface ParsedToken {
  readonly tokenId: string
  /** SHA-256 of the whole token. */
  readonly digest: Buffer
}

/** Makes a token for a client. */
export function mintToken(client: string): string {
  const body = `slh_${clientMark(client)}${randomText(randomIdChars)}_${randomText(secretChars)}`
  return body + checksumOf(body)
}

/** Takes a token apart; `undefined` when it is malformed. */
export function parseToken(text: string): ParsedToken | undefined {
  if (!pattern.test(text)) return undefined
  const body = text.slice(0, -checksumChars)
  if (checksumOf(body) !== text.slice(-checksumChars)) return undefined
  return { tokenId: text.slice(4, 12), digest: hash('sha256', text, 'buffer') }
}

/** Tells whether a token of this id was made for this client, as far as the id shows. */
export function isMarkedFor(tokenId: string, client: string): boolean {
  return tokenId.startsWith(clientMark(client))
}

/**
 * Four characters that a client's code gives: so the token of another client is told from one that
 * never was, without a look at what other clients have.
 */
function clientMark(client: string): string {
  const known = marks.get(client)
  if (known !== undefined) return known
  const mark = toBase62(createHash('sha256').update(client).digest().readUIntBE(0, 6), clientMarkChars)
  if (marks.size >= marksMax) marks.clear()
  marks.set(client, mark)
  return mark
}

const marks = new Map<string, string>()
const marksMax = 10_000

function checksumOf(text: string): string {
  return toBase62(crc32(text), checksumChars)
}

/** The last `chars` digits of a number, most significant first, padded with `0`. */
function toBase62(value: number, chars: number): string {
  let text = ''
  for (let rest = value; text.length < chars; rest = Math.floor(rest / 62)) {
    text = alphabet.charAt(rest % 62) + text
  }
  return text
}

function randomText(chars: number): string {
  return Array.from({ length: chars }, () => alphabet.charAt(randomInt(alphabet.length))).join('')
}
