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
    this.length = this.bytes.writeUIntBE(ms, this.length, 6)
  }

  /** A whole number ≥ 0 below 2^53, seven bits a byte, the lowest first. */
  varint(value: number) {
    let rest = value
    while (rest > 0x7f) {
      this.bytes[this.length++] = (rest % 128) | 0x80
      rest = Math.floor(rest / 128)
    }
    this.bytes[this.length++] = rest
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
    if (end - start < 24) for (let i = start; i < end; i++) this.bytes[this.length++] = source[i]!
    else {
      this.bytes.set(source.subarray(start, end), this.length)
      this.length += end - start
    }
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
    this.position += 6
    return this.bytes.readUIntBE(this.position - 6, 6)
  }

  varint(): number {
    let byte = this.bytes[this.position++]!
    let value = byte & 0x7f
    for (let scale = 128; byte > 0x7f; scale *= 128) {
      byte = this.bytes[this.position++]!
      value += (byte & 0x7f) * scale
    }
    return value
  }

  text(): string {
    const length = this.varint()
    this.position += length
    return this.bytes.toString('utf8', this.position - length, this.position)
  }
}
