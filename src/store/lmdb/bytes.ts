/** A growing buffer to encode records into. One serves a whole thread: it holds them until `reset`. */
export class ByteWriter {
  bytes = Buffer.allocUnsafeSlow(16_384)
  length = 0

  reset() {
    this.length = 0
  }

  /** Makes room for so many more bytes; the single writes below rely on it. */
  reserve(more: number) {
    if (this.length + more <= this.bytes.length) return
    const grown = Buffer.allocUnsafeSlow(Math.max(this.bytes.length * 2, this.length + more))
    this.bytes.copy(grown, 0, 0, this.length)
    this.bytes = grown
  }

  byte(value: number) {
    this.bytes[this.length++] = value
  }

  /** Six bytes, big-endian: milliseconds up to the year 10889. */
  time(ms: number) {
    const { bytes } = this
    const high = Math.floor(ms / 2 ** 32)
    const low = ms >>> 0
    const at = this.length
    bytes[at] = high >>> 8
    bytes[at + 1] = high
    bytes[at + 2] = low >>> 24
    bytes[at + 3] = low >>> 16
    bytes[at + 4] = low >>> 8
    bytes[at + 5] = low
    this.length = at + 6
  }

  /** A whole number ≥ 0 below 2^53, seven bits a byte, the lowest first. */
  varint(value: number) {
    const { bytes } = this
    let at = this.length
    let rest = value
    // Above 31 bits the engine's integer operations would cut the number off.
    while (rest > 0x7fffffff) {
      bytes[at++] = (rest % 128) | 0x80
      rest = Math.floor(rest / 128)
    }
    while (rest > 0x7f) {
      bytes[at++] = (rest & 0x7f) | 0x80
      rest >>>= 7
    }
    bytes[at++] = rest
    this.length = at
  }

  /** A varint of at least so many bytes: readers take the zeros at its end like any other digits. */
  paddedVarint(value: number, bytesMin: number) {
    const start = this.length
    this.varint(value)
    while (this.length - start < bytesMin) {
      this.bytes[this.length - 1]! |= 0x80
      this.bytes[this.length++] = 0
    }
  }

  /** Bytes with their length before them. */
  slice(source: Uint8Array, start: number, end: number) {
    this.varint(end - start)
    this.copy(source, start, end)
  }

  /** A text with its length in bytes before it. */
  text(value: string) {
    const length = Buffer.byteLength(value)
    this.reserve(length + 5)
    this.varint(length)
    this.length += this.bytes.write(value, this.length)
  }

  /** Bytes as they are. */
  copy(source: Uint8Array, start: number, end: number) {
    const { bytes, length } = this
    this.length = length + end - start
    // Few bytes are copied faster than a view of them is made.
    if (end - start > 64) bytes.set(source.subarray(start, end), length)
    else for (let i = start, at = length; i < end; i++, at++) bytes[at] = source[i]!
  }
}

/** Reads what a `ByteWriter` wrote. */
export class ByteReader {
  bytes: Buffer = Buffer.alloc(0)
  position = 0
  #length = 0
  #isKept = true

  /** @param length of the value, which the buffer may be longer than */
  open(bytes: Buffer, position: number, length: number) {
    this.bytes = bytes
    this.position = position
    this.#length = length
    this.#isKept = false
  }

  /** Copies the bytes, which lmdb lends only until the next read of any of its databases. */
  keep() {
    if (this.#isKept) return
    // Only the value: the array that lmdb lends is megabytes long.
    this.bytes = Buffer.from(Uint8Array.prototype.slice.call(this.bytes, 0, this.#length))
    this.#isKept = true
  }

  byte(): number {
    return this.bytes[this.position++]!
  }

  time(): number {
    const { bytes, position } = this
    this.position = position + 6
    const high = bytes[position]! * 256 + bytes[position + 1]!
    const middle = bytes[position + 2]! * 256 + bytes[position + 3]!
    return (high * 65_536 + middle) * 65_536 + bytes[position + 4]! * 256 + bytes[position + 5]!
  }

  varint(): number {
    const first = this.bytes[this.position++]!
    return first > 0x7f ? this.#longVarint(first) : first
  }

  #longVarint(first: number): number {
    const { bytes } = this
    let at = this.position
    let value = first & 0x7f
    let byte = first
    for (let scale = 128; byte > 0x7f; scale *= 128) {
      byte = bytes[at++]!
      value += (byte & 0x7f) * scale
    }
    this.position = at
    return value
  }

  text(): string {
    const length = this.varint()
    this.position += length
    return this.bytes.toString('utf8', this.position - length, this.position)
  }
}
