import { existsSync } from 'node:fs'
import path from 'node:path'
import type { Command } from 'commander'
import type { Config } from '../../config.ts'
import { countText } from '../batch/progress.ts'
import { openDisplay, type Step } from '../batch/display.ts'
import { addVerb, runs } from '../command.ts'
import { UsageError } from '../errors.ts'
import type { Print } from '../print.ts'
import type { Shell } from '../shell.ts'
import type { CopyReport } from '../copy/copy-stores.ts'

interface CopyStoreOptions {
  readonly from?: string
  readonly to?: string
  readonly journal: string
  readonly final?: true
  readonly verify?: true
}

/** `store copy`: from a directory to a cluster, and back. */
export function addStoreCopy(store: Command, shell: Shell): void {
  const copy = addVerb(store, 'copy', {
    summary: 'copy a store to another one, as from a directory to a cluster, also while it is served',
    details:
      'Everything goes along: profiles with their ids and times, control records, batches, uploads ' +
      'that are not applied yet. The target must be empty, and is not served until the copy is final. ' +
      'Run it while the source is served; stop the servers; then run it once more with --final, which ' +
      'copies what has changed since. It goes on after it was stopped, however that was. A secret key ' +
      'kept in a file of the source is not copied: give it to the servers of the target by ' +
      'SILHOUETTE_SECRET_KEY.',
    examples: [
      "silhouette store copy --from lmdb:./data --to 'cassandra://10.0.0.1/silhouette?datacenter=dc1'",
      "silhouette store copy --from lmdb:./data --to 'cassandra://10.0.0.1/silhouette?datacenter=dc1' " +
        '--final --verify',
    ],
  })
  copy
    .option('--from <url>', 'the store to copy, as in lmdb:DIRECTORY or cassandra://…')
    .option('--to <url>', 'where to: an empty directory, or a keyspace')
    .option('--journal <directory>', 'where it is kept what has been copied so far', 'silhouette-copy')
    .option('--final', 'the source is not served any more: copy the rest, and let the target be served')
    .option('--verify', 'read both stores afterwards, and compare counts and digests of all records')
  runs<CopyStoreOptions>(copy, shell, async ({ options, print }) => {
    // Loaded only now: the drivers take longer to load than all else of the command.
    const { readSettings } = await import('../offline.ts')
    const { copyStores } = await import('../copy/copy-stores.ts')
    const from = settingsOf(readSettings(shell.env, required(options.from, '--from')), '--from')
    const to = settingsOf(readSettings(shell.env, required(options.to, '--to')), '--to')
    if (JSON.stringify(from.storeUrl) === JSON.stringify(to.storeUrl))
      throw new UsageError('--from and --to name the same store.')
    const progress = new CopyProgress(shell, print.isJson)
    const report = await copyStores(from, to, {
      journal: options.journal,
      isFinal: options.final === true,
      verify: options.verify === true,
      signal: shell.signal,
      onRead: (label, count) => progress.tell(label, count),
    }).finally(() => progress.end())
    noteSecretKey(print, from)
    print.done(report, sentenceOf(report))
  })
}

function required(value: string | undefined, name: string): string {
  if (value === undefined) throw new UsageError(`${name} is missing: give the URL of a store.`)
  return value
}

function settingsOf(config: Config, name: string): Config {
  if (config.storeUrl.kind === 'memory')
    throw new UsageError(`${name}: a store in memory cannot be copied; it is in its server alone.`)
  return config
}

function noteSecretKey(print: Print, { secretKey, storeUrl }: Config) {
  if (storeUrl.kind !== 'lmdb' || secretKey !== undefined) return
  const file = path.join(storeUrl.directory, 'secret-key')
  if (!existsSync(file)) return
  print.note(
    `Give the servers of the target SILHOUETTE_SECRET_KEY with what ${file} holds: it was not copied.`,
  )
}

function sentenceOf({ changed, complete, passes, verified }: CopyReport): string {
  const held = verified?.map(({ kind, source }) => `${kind} ${countText(source.count)}`)
  const same = held ? ` Both stores hold the same: ${held.join(', ')}.` : ''
  const copied = `${countText(changed)} records written in ${passes} ${passes === 1 ? 'pass' : 'passes'}.`
  const next = complete
    ? 'The copy is complete; the target may be served. What the source takes from now on is not in it.'
    : 'Stop the servers of the source, then run this again with --final: it copies what has changed since.'
  return `${copied}${same} ${next}`
}

/** One step of the display for each label. */
class CopyProgress {
  readonly #display: ReturnType<typeof openDisplay>
  #label = ''
  #step: Step | undefined

  constructor(shell: Shell, isJson: boolean) {
    this.#display = openDisplay(shell, isJson)
  }

  tell(label: string, count: number) {
    if (label !== this.#label) {
      this.end()
      this.#label = label
      this.#step = this.#display.begin({ label, unit: { write: countText } })
    }
    this.#step?.update(count)
  }

  end() {
    this.#step?.end()
    this.#step = undefined
  }
}
