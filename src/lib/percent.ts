import { isUtf8 } from 'node:buffer'

/** Why bytes could not be decoded, in words for the caller. */
export type DecodeFault = { readonly fault: string }

const percent = 0x25
const plus = 0x2b
const space = 0x20

/**
 * Decodes `application/x-www-form-urlencoded` text byte by byte: `+` is a space, `%xx` a byte.
 *
 * The output is never longer than the input. Bytes are UTF-8 when the fault is `undefined`.
 *
 * @param source where the encoded bytes are, from `start` to `end`
 * @param target where the decoded bytes go, from `at` on; may be `source` itself at or before `start`
 * @returns      the end of the output in `target`, or what is wrong
 */
export function decodeInto(
  source: Uint8Array,
  range: { readonly start: number; readonly end: number },
  target: Uint8Array,
  at: number,
): number | DecodeFault {
  let out = at
  let ascii = true
  for (let i = range.start; i < range.end; i++) {
    let byte = source[i]!
    if (byte === plus) byte = space
    else if (byte === percent) {
      const high = i + 2 < range.end ? hexValue(source[i + 1]!) : -1
      const low = i + 2 < range.end ? hexValue(source[i + 2]!) : -1
      if (high < 0 || low < 0) return malformedEscape(source, i, range.end)
      byte = high * 16 + low
      i += 2
    }
    if (byte > 0x7f) ascii = false
    target[out++] = byte
  }
  if (!ascii && !isUtf8(target.subarray(at, out))) return { fault: 'invalid UTF-8' }
  return out
}

/** Decodes one form-encoded text. */
export function decodeText(source: Uint8Array, start = 0, end = source.length): string | DecodeFault {
  const target = Buffer.allocUnsafe(end - start)
  const decoded = decodeInto(source, { start, end }, target, 0)
  return typeof decoded === 'number' ? target.toString('utf8', 0, decoded) : decoded
}

/** The value of a hexadecimal digit, or -1. */
export function hexValue(byte: number): number {
  if (byte >= 0x30 && byte <= 0x39) return byte - 0x30
  const letter = byte | 0x20
  return letter >= 0x61 && letter <= 0x66 ? letter - 0x57 : -1
}

function malformedEscape(source: Uint8Array, start: number, end: number): DecodeFault {
  let shown = ''
  for (let i = start; i < Math.min(start + 3, end); i++) {
    const byte = source[i]!
    shown += byte > 0x20 && byte < 0x7f ? String.fromCharCode(byte) : '?'
  }
  return { fault: `malformed escape ${shown}` }
}
