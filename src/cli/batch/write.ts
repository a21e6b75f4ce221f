import { createWriteStream } from 'node:fs'
import { rename, rm } from 'node:fs/promises'
import { Readable, type Writable } from 'node:stream'
import { pipeline } from 'node:stream/promises'

/** Writes a file that is there once it is complete; only who made it may read it. */
export async function writeFileWhole(
  file: string,
  pieces: AsyncIterable<Uint8Array>,
  signal: AbortSignal,
): Promise<void> {
  const partial = `${file}.partial`
  try {
    await copy(pieces, createWriteStream(partial, { mode: 0o600 }), { signal })
    await rename(partial, file)
  } catch (error) {
    await rm(partial, { force: true })
    throw error
  }
}

/** Writes to a stream that others go on to write to, no faster than it takes. */
export function writeTo(
  stream: Writable,
  pieces: AsyncIterable<Uint8Array>,
  signal: AbortSignal,
): Promise<void> {
  return copy(pieces, stream, { signal, end: false })
}

/** @throws the signal's own reason when that ends it */
async function copy(
  pieces: AsyncIterable<Uint8Array>,
  stream: Writable,
  options: { readonly signal: AbortSignal; readonly end?: boolean },
): Promise<void> {
  try {
    await pipeline(Readable.from(pieces), stream, options)
  } catch (error) {
    throw options.signal.aborted ? options.signal.reason : error
  }
}
