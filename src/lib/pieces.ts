/** Bytes handed on at a time. */
export const pieceBytes = 262_144

/** What can be read anywhere, a piece at a time. */
interface Readable {
  readonly size: number
  read(target: Uint8Array, length: number, position: number): number
  close(): void
}

/** Reads all of it from the beginning, then closes it. */
export async function* readPieces(entry: Readable): AsyncGenerator<Uint8Array> {
  try {
    for (let position = 0; position < entry.size;) {
      const piece = Buffer.allocUnsafe(Math.min(pieceBytes, entry.size - position))
      position += entry.read(piece, piece.length, position)
      yield piece
    }
  } finally {
    entry.close()
  }
}
