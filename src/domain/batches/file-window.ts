import type { SpoolReader } from '../../store/store.ts'

/** A stretch of an upload in memory, moved on as places behind it are asked for. */
export class FileWindow {
  readonly bytes: Buffer
  readonly #reader: SpoolReader
  #start = 0
  #end = 0

  constructor(reader: SpoolReader, size: number) {
    this.#reader = reader
    this.bytes = Buffer.allocUnsafeSlow(size)
  }

  /** Where in `bytes` the file's bytes from `position` on stand, as many as asked for. */
  find(position: number, length: number): number {
    if (position < this.#start || position + length > this.#end) {
      this.#start = position
      this.#end = position + this.#reader.read(this.bytes, this.bytes.length, position)
    }
    return position - this.#start
  }
}
