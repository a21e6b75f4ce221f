const lineFeed = 0x0a
const carriageReturn = 0x0d
const space = 0x20
const tab = 0x09

/** Longest first line and longest row, in bytes: what is longer cannot fit a profile, however encoded. */
export const lineBytesMax = 1_048_576

/** Lines that begin so are skipped; our failed-rows files explain each row with one. */
export const commentPrefix = '# line '
const commentBytes = Buffer.from(commentPrefix)

export function isBlank(byte: number): boolean {
  return byte === space || byte === tab
}

/** Where a line without its line feed really ends: before the carriage return of a CRLF. */
export function lineEnd(bytes: Uint8Array, start: number, end: number): number {
  return end > start && bytes[end - 1] === carriageReturn ? end - 1 : end
}

/**
 * Tells whether a line (without its terminator) is a row, rather than blank or a comment. A line
 * that is too long is a row whatever it holds, one that fails.
 */
export function isRow(bytes: Uint8Array, start: number, end: number): boolean {
  const first = bytes[start]!
  if (start < end && !isBlank(first) && first !== 0x23) return true
  const kind = new LineKind()
  kind.feed(bytes, start, end)
  return kind.isRow()
}

/** Recognizes blank lines and comments of a line that comes in pieces, its carriage return included. */
export class LineKind {
  #length = 0
  #onlyBlanks = true
  #matched = 0
  #differs = false

  feed(bytes: Uint8Array, start: number, end: number) {
    for (let i = start; i < end && !this.#isDecided(); i++) {
      const byte = bytes[i]!
      const place = this.#length + i - start
      if (this.#matched === place && byte === commentBytes[place]) this.#matched++
      else if (this.#matched < commentBytes.length) this.#differs = true
      if (!isBlank(byte)) this.#onlyBlanks = false
    }
    this.#length += end - start
  }

  isRow(): boolean {
    if (this.#length > lineBytesMax) return true
    return !this.#onlyBlanks && this.#matched < commentBytes.length
  }

  /** What follows can change nothing but the length. */
  #isDecided(): boolean {
    return !this.#onlyBlanks && (this.#differs || this.#matched === commentBytes.length)
  }
}

/**
 * Counts the rows of an upload while its bytes come in, in pieces cut anywhere.
 *
 * A carriage return is held back until the byte after it tells whether it ends the line.
 */
export class RowCounter {
  rows = 0
  #open: LineKind | undefined
  #heldReturn = false

  push(chunk: Uint8Array) {
    let start = 0
    while (start < chunk.length) {
      const feed = chunk.indexOf(lineFeed, start)
      if (feed < 0) return this.#hold(chunk, start)
      if (this.#open) this.#close(chunk, start, feed)
      else if (isRow(chunk, start, lineEnd(chunk, start, feed))) this.rows++
      start = feed + 1
    }
  }

  /** Counts a last line that has no line feed. */
  end() {
    if (this.#open?.isRow()) this.rows++
    this.#open = undefined
  }

  #hold(chunk: Uint8Array, start: number) {
    this.#open ??= new LineKind()
    this.#releaseReturn()
    const end = lineEnd(chunk, start, chunk.length)
    this.#open.feed(chunk, start, end)
    this.#heldReturn = end < chunk.length
  }

  #close(chunk: Uint8Array, start: number, feed: number) {
    const end = lineEnd(chunk, start, feed)
    if (feed > start) this.#releaseReturn()
    this.#open?.feed(chunk, start, end)
    if (this.#open?.isRow()) this.rows++
    this.#open = undefined
    this.#heldReturn = false
  }

  #releaseReturn() {
    if (this.#heldReturn) this.#open?.feed(Uint8Array.of(carriageReturn), 0, 1)
    this.#heldReturn = false
  }
}
