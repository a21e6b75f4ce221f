import { readdirSync, statSync } from 'node:fs'
import { rm } from 'node:fs/promises'
import path from 'node:path'
import { Refusal } from '../../lib/errors.ts'
import type { Call } from '../command.ts'
import { Refused, UsageError } from '../errors.ts'
import { openDisplay } from './display.ts'
import { limitsOf, openRows, stemOf, type FileOptions } from './file-options.ts'
import { refuseFailed } from './follow.ts'
import { Splitter, type Part } from './parts.ts'
import { byteUnit, bytesText, countText } from './progress.ts'
import { Rejects } from './rejects.ts'
import { openSource } from './source.ts'
import { writeFileWhole, writeTo } from './write.ts'

export interface ConvertOptions extends FileOptions {
  readonly output?: string
  readonly dryRun?: true
}

interface Converted {
  readonly file: string | undefined
  readonly part: Part
}

/** Makes batch files of a CSV file; all parts are there at the end, or none. */
export async function convertFile(call: Call<ConvertOptions>, file: string): Promise<void> {
  const { options, print, shell } = call
  if (options.key === undefined) throw new UsageError('--key names the column of the ids, and is missing.')
  if (options.output === '-' && print.isJson) throw new UsageError('--json and --output - both print.')
  const target = targetOf(options, file)
  const rejects = new Rejects(options.dryRun ? undefined : (options.rejects ?? target.rejects))
  const source = await openSource(file, shell)
  const step = openDisplay(shell, print.isJson).begin({ label: 'Read', unit: byteUnit, total: source.size })
  const converted: Converted[] = []
  let read = 0
  let splitter: Splitter | undefined
  try {
    const onRead = (bytes: number) => step.update((read += bytes))
    splitter = new Splitter(await openRows(source, options, { rejects, onRead }), limitsOf(options))
    for (let part = await splitter.next(); part; part = await splitter.next()) {
      const written = await target.write(part, splitter.read(part), call)
      converted.push({ file: written, part })
    }
  } catch (error) {
    for (const { file: written } of converted) if (written !== undefined) await rm(written, { force: true })
    throw error
  } finally {
    step.end()
    rejects.close()
    await splitter?.close()
  }
  report(call, converted, rejects)
}

/** Where parts go. */
interface Target {
  readonly rejects: string
  /** Writes a part; returns its file, if it is one. */
  readonly write: (
    part: Part,
    pieces: AsyncGenerator<Buffer>,
    call: Call<ConvertOptions>,
  ) => Promise<string | undefined>
}

function targetOf({ output, dryRun }: ConvertOptions, file: string): Target {
  const stem = stemOf(file)
  const rejects = `${stem}.rejected.csv`
  if (dryRun) return { rejects, write: readOnly }
  if (output === '-') return { rejects, write: printOnly }
  const folder = output ?? (file === '-' ? '.' : path.dirname(file))
  refuseEarlierParts(folder, stem)
  return { rejects: path.join(folder, rejects), write: writer(folder, stem) }
}

async function readOnly(_: Part, pieces: AsyncGenerator<Buffer>): Promise<undefined> {
  for await (const piece of pieces) void piece
  return undefined
}

async function printOnly(part: Part, pieces: AsyncGenerator<Buffer>, { shell }: Call): Promise<undefined> {
  if (part.number > 1) {
    throw new Refusal(
      'batch_too_large',
      `Line ${part.firstLine || 'after the last one printed'}: the file does not fit one upload; ` +
        'give --output a folder.',
    )
  }
  await writeTo(shell.stdout, pieces, shell.signal)
  return undefined
}

function writer(folder: string, stem: string): Target['write'] {
  return async (part, pieces, { shell }) => {
    const file = path.join(folder, `${stem}.${String(part.number).padStart(3, '0')}.batch`)
    await writeFileWhole(file, pieces, shell.signal)
    return file
  }
}

/** Parts of another conversion would be taken for some of this one. */
function refuseEarlierParts(folder: string, stem: string) {
  if (!statSync(folder).isDirectory()) throw new UsageError(`--output: ${folder} is no folder.`)
  const isPart = (name: string) =>
    name.startsWith(`${stem}.`) && /^\d{3,}\.batch$/.test(name.slice(stem.length + 1))
  const earlier = readdirSync(folder).find(isPart)
  if (earlier === undefined) return
  throw new UsageError(
    `${path.join(folder, earlier)} is there already.`,
    'Remove the parts of the earlier conversion, or choose another folder by --output.',
  )
}

function report(
  { options, print: out }: Call<ConvertOptions>,
  converted: readonly Converted[],
  rejects: Rejects,
) {
  for (const line of rejects.lines) out.note(line)
  const parts = converted.map(({ file, part: { number, rows, bytes, firstLine, lastLine } }) => ({
    part: number,
    file,
    rows,
    bytes,
    firstLine,
    lastLine,
  }))
  const columns = {
    FILE: ({ file, part }: (typeof parts)[number]) => file ?? `part ${part}`,
    LINES: ({ firstLine, lastLine }: (typeof parts)[number]) => `${firstLine}-${lastLine}`,
    ROWS: ({ rows }: (typeof parts)[number]) => countText(rows),
    BYTES: ({ bytes }: (typeof parts)[number]) => bytesText(bytes),
  }
  const none = 'No record of the file makes a row.'
  if (options.output !== '-') out.table({ parts, ...rejects.document }, parts, columns, none)
  if (parts.length === 0 && rejects.count === 0) {
    throw new Refusal('batch_invalid', 'The file has no rows; put one visitor on each line after the header.')
  }
  if (parts.length === 0) throw new Refused(`${none} ${rejects.sentence}`)
  refuseFailed(options, [], rejects)
}
