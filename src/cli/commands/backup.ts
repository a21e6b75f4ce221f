import type { Command } from 'commander'
import { readStoreUrl } from '../../config.ts'
import { backUpLmdb, type BackupReport } from '../../store/lmdb/backup.ts'
import { addVerb, runs } from '../command.ts'
import { sizeText } from '../doctor/finding.ts'
import { Refused, UsageError } from '../errors.ts'
import type { Shell } from '../shell.ts'

interface BackupOptions {
  readonly store?: string
  readonly compact?: true
}

/** `backup`: a copy of a store while it is served. */
export function addBackup(program: Command, shell: Shell): void {
  const backup = addVerb(program, 'backup <directory>', {
    summary: 'copy a store, also while it is served',
    details:
      'Runs on the machine of the store. The copy is one moment of it: every write acknowledged before ' +
      'is in it, and each batch goes on from there. The directory must not exist, or be empty; it appears ' +
      'once the copy is whole and on disk. To restore, start a server on it. It holds what the store ' +
      'holds, the file secret-key among it: keep it as safe. A secret key that a setting gives is not in it.',
    examples: [
      'silhouette backup /backups/2026-11-25',
      'silhouette backup --store lmdb:/var/lib/silhouette/store --compact /backups/monday',
    ],
  })
  backup
    .option('--store <url>', 'the store (SILHOUETTE_STORE_URL; default: lmdb:./data)')
    .option('--compact', 'leave out free pages: smaller, and without remains of what was deleted; slower')
  runs<BackupOptions>(backup, shell, async ({ options, print }, directory) => {
    const source = storeDirectory(shell, options.store)
    const report = await copy(source, directory ?? '', {
      compact: options.compact === true,
      signal: shell.signal,
    })
    if (report.uploadsMissing.length > 0)
      print.note(`The store lacks the uploads of ${report.uploadsMissing.join(', ')}; so does the copy.`)
    print.done(report, sentenceOf(report))
  })
}

function storeDirectory({ env }: Shell, flag: string | undefined): string {
  const reading = readStoreUrl({ env, flag })
  if ('fault' in reading) throw new UsageError(`${reading.fault.name} ${reading.fault.message}.`)
  if (reading.value.kind === 'lmdb') return reading.value.directory
  throw new UsageError(
    'Only the embedded store is copied by this command.',
    'Give --store lmdb:DIRECTORY; a store in memory cannot be copied.',
  )
}

async function copy(source: string, target: string, options: Parameters<typeof backUpLmdb>[2]) {
  try {
    return await backUpLmdb(source, target, options)
  } catch (error) {
    options.signal.throwIfAborted()
    const reason = error instanceof Error ? error.message : String(error)
    throw new Refused(`No backup was made: ${reason}.`)
  }
}

function sentenceOf({ batches, bytes, directory, hasSecretKey, incompleteBatches }: BackupReport): string {
  const key = hasSecretKey
    ? 'with the secret key'
    : 'without a secret key: a setting gives it; keep that, too'
  const counted = `${batches} batches (${incompleteBatches} incomplete)`
  return `Backup complete: ${directory}, ${sizeText(bytes)}, ${counted}, ${key}.`
}
