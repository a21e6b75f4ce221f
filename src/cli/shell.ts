import type { Readable, Writable } from 'node:stream'
import { UsageError } from './errors.ts'

/** A stream that may be a terminal. */
export type Terminal<Stream> = Stream & { readonly isTTY?: boolean; readonly columns?: number }

export type Variables = Readonly<Record<string, string | undefined>>

/** What a command has of the process around it. */
export interface Shell {
  readonly env: Variables
  readonly stdin: Terminal<Readable>
  readonly stdout: Terminal<Writable>
  readonly stderr: Terminal<Writable>
  /** Ends by Ctrl-C; its reason is an `Interrupted`. */
  readonly signal: AbortSignal
  /** Lets Ctrl-C end the signal instead of the process; called by commands, not by the server. */
  readonly catchInterrupts: () => void
  /** Gives standard input to one reader. @throws UsageError when another has it already */
  readonly takeStdin: (reader: string) => Terminal<Readable>
}

/** Makes sure that standard input has one reader only. */
export function onceStdin(stdin: Terminal<Readable>): Shell['takeStdin'] {
  let taken: string | undefined
  return (reader) => {
    if (taken !== undefined) throw new UsageError(`${taken} and ${reader} cannot both read standard input.`)
    taken = reader
    return stdin
  }
}

/** Most that a secret or another short text on standard input may have. */
const shortBytesMax = 65_536

/** Reads a short text from standard input, without the line's end. */
export async function readShort(shell: Shell, reader: string): Promise<string> {
  const pieces: Buffer[] = []
  let bytes = 0
  for await (const piece of shell.takeStdin(reader)) {
    pieces.push(Buffer.from(piece))
    bytes += pieces.at(-1)?.length ?? 0
    if (bytes > shortBytesMax) throw new UsageError(`${reader}: standard input holds more than 64 KiB.`)
  }
  return Buffer.concat(pieces)
    .toString('utf8')
    .replace(/\r?\n$/, '')
}
