import { createReadStream } from 'node:fs'
import { stat } from 'node:fs/promises'
import { pipeline, Readable } from 'node:stream'
import { createGunzip } from 'node:zlib'
import { Refusal } from '../../lib/errors.ts'
import { UsageError } from '../errors.ts'
import type { Shell } from '../shell.ts'

/** Bytes read at a time. */
const readBytes = 262_144

/** A file, or what comes by standard input, that can be read from its beginning. */
export interface Source {
  /** For people. */
  readonly name: string
  /** Bytes of the file as it lies there; unknown of standard input. */
  readonly size: number | undefined
  /** Whether it can be read more than once. */
  readonly isFile: boolean
  /** Reads it; `gzip` is unpacked. `onRead` is told of bytes as they lie there. */
  read(onRead?: (bytes: number) => void): AsyncGenerator<Uint8Array>
}

/**
 * Opens FILE, or standard input for `-`.
 *
 * @throws the system's error for what is not there; when Ctrl-C ends the reading, its reason
 */
export async function openSource(path: string, shell: Pick<Shell, 'takeStdin' | 'signal'>): Promise<Source> {
  const { signal } = shell
  if (path === '-') {
    const stdin = shell.takeStdin('FILE')
    // Else what is still to come would keep the process waiting.
    signal.addEventListener('abort', () => stdin.destroy(signal.reason), { once: true })
    return {
      name: 'standard input',
      size: undefined,
      isFile: false,
      read: (onRead) => unpack(counted(stdin, signal, onRead)),
    }
  }
  const stats = await stat(path)
  if (stats.isDirectory()) throw new UsageError(`${path} is a folder; give a file.`)
  const isFile = stats.isFile()
  return {
    name: path,
    size: isFile ? stats.size : undefined,
    isFile,
    read: (onRead) => {
      return unpack(counted(createReadStream(path, { highWaterMark: readBytes, signal }), signal, onRead))
    },
  }
}

async function* counted(
  stream: AsyncIterable<unknown>,
  signal: AbortSignal,
  onRead: (bytes: number) => void = () => {},
): AsyncGenerator<Uint8Array> {
  try {
    for await (const piece of stream) {
      const bytes = piece instanceof Uint8Array ? piece : Buffer.from(String(piece))
      onRead(bytes.length)
      yield bytes
    }
  } catch (error) {
    throw signal.aborted ? signal.reason : error
  }
}

/** Unpacks `gzip`, which its first two bytes tell; no text begins so. */
async function* unpack(chunks: AsyncGenerator<Uint8Array>): AsyncGenerator<Uint8Array> {
  let head: Uint8Array = new Uint8Array()
  while (head.length < 2) {
    const { done, value } = await chunks.next()
    if (done) break
    head = head.length === 0 ? value : Buffer.concat([head, value])
  }
  const whole = joined(head, chunks)
  if (head[0] !== 0x1f || head[1] !== 0x8b) {
    yield* whole
    return
  }
  try {
    // The callback is there because a failure reaches the reader by the stream itself.
    yield* pipeline(Readable.from(whole), createGunzip({ chunkSize: readBytes }), () => {})
  } catch (error) {
    if (!(error instanceof Error && 'errno' in error)) throw error
    throw new Refusal('body_malformed', `The gzip data cannot be unpacked: ${error.message}.`)
  }
}

async function* joined(head: Uint8Array, chunks: AsyncGenerator<Uint8Array>): AsyncGenerator<Uint8Array> {
  try {
    if (head.length > 0) yield head
    yield* chunks
  } finally {
    await chunks.return(undefined)
  }
}

const byteOrderMarks = [
  { encoding: 'utf-8', bytes: Buffer.from([0xef, 0xbb, 0xbf]) },
  { encoding: 'utf-16le', bytes: Buffer.from([0xff, 0xfe]) },
  { encoding: 'utf-16be', bytes: Buffer.from([0xfe, 0xff]) },
]

/** Tells whether a text encoding is known, by any of its names. */
export function isEncoding(name: string): boolean {
  try {
    return new TextDecoder(name).encoding !== ''
  } catch {
    // RangeError: no such encoding.
    return false
  }
}

/**
 * Makes UTF-8 of text in another encoding, and leaves out a byte order mark, which decides where
 * there is one. UTF-8 passes as it is: what is wrong in it is told with its line.
 *
 * @throws Refusal `batch_invalid` for bytes that the encoding does not have
 */
export async function* toUtf8(
  chunks: AsyncGenerator<Uint8Array>,
  encoding = 'utf-8',
): AsyncGenerator<Uint8Array> {
  const { done, value } = await chunks.next()
  if (done) return
  // The reader of files hands on no pieces of one or two bytes but at the end.
  const first = Buffer.from(value)
  const mark = byteOrderMarks.find(({ bytes }) => first.subarray(0, bytes.length).equals(bytes))
  const whole = joined(first.subarray(mark?.bytes.length ?? 0), chunks)
  const name = new TextDecoder(mark?.encoding ?? encoding).encoding
  if (name === 'utf-8') {
    yield* whole
    return
  }
  const decoder = new TextDecoder(name, { fatal: true })
  try {
    for await (const chunk of whole) yield Buffer.from(decoder.decode(chunk, { stream: true }))
    yield Buffer.from(decoder.decode())
  } catch (error) {
    if (!(error instanceof TypeError)) throw error
    throw new Refusal('batch_invalid', `The file holds bytes that are no ${name}; name its --encoding.`)
  }
}
