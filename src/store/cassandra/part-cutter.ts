import type { UploadPart } from '../store.ts'

/** Bytes and lines of a part: a second or two of work for one node. */
const partBytes = 131_072
const partLinesMax = 2_500

/**
 * Longest line that stays whole, in bytes: longer than any that can be a row, so that a row is seen
 * to be too long in the part that it begins in.
 */
const lineBytesMax = 1_310_720

const lineFeed = 0x0a

/** Cuts an upload into parts of whole lines while it comes in. */
export class PartCutter {
  #pending: Buffer = Buffer.alloc(0)
  #line = 1
  #isRest = false

  /** Takes bytes and returns the parts that are whole by now. */
  push(bytes: Uint8Array): UploadPart[] {
    this.#pending = Buffer.concat([this.#pending, bytes])
    return this.#cutAll(false)
  }

  /** Returns what is left. */
  end(): UploadPart[] {
    return this.#cutAll(true)
  }

  #cutAll(isEnd: boolean): UploadPart[] {
    const parts: UploadPart[] = []
    const bytesMin = isEnd ? 1 : partBytes
    while (this.#pending.length >= bytesMin) {
      const cut = this.#isRest ? this.#restCut() : this.#linesCut(isEnd)
      if (cut === 0) break
      parts.push(this.#take(cut))
    }
    return parts
  }

  #take(cut: number): UploadPart {
    // A copy: the rest of what came in with it need not stay in memory.
    const bytes = Buffer.from(this.#pending.subarray(0, cut))
    const part = { bytes, firstLine: this.#line, isRest: this.#isRest }
    this.#pending = this.#pending.subarray(cut)
    for (let at = bytes.indexOf(lineFeed); at >= 0; at = bytes.indexOf(lineFeed, at + 1)) this.#line++
    this.#isRest = bytes[bytes.length - 1] !== lineFeed
    return part
  }

  /** The rest of a line that is too long goes up to its end. */
  #restCut(): number {
    const feed = this.#pending.indexOf(lineFeed)
    return feed < 0 ? this.#pending.length : feed + 1
  }

  #linesCut(isEnd: boolean): number {
    let cut = 0
    for (let lines = 0; lines < partLinesMax; lines++) {
      const end = this.#pending.indexOf(lineFeed, cut) + 1
      if (end === 0) {
        if (isEnd) return this.#pending.length
        break
      }
      if (cut > 0 && end > partBytes) break
      cut = end
    }
    if (cut > 0) return cut
    return this.#pending.length > lineBytesMax ? this.#pending.length : 0
  }
}
