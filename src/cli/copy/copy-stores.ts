import { randomUUID } from 'node:crypto'
import { existsSync } from 'node:fs'
import path from 'node:path'
import type { Config } from '../../config.ts'
import { readCopyMark, writeCopyMark, type CopyMark } from '../../domain/copies.ts'
import { openStore } from '../../services.ts'
import { dataFile } from '../../store/lmdb/directory.ts'
import { CopyJournal } from '../../store/lmdb/copy-journal.ts'
import type { Store } from '../../store/store.ts'
import { Refused, StoreNotReachable } from '../errors.ts'
import { digestStore, pagesOf, type KindDigest } from './digest.ts'
import { batches, documents, profiles } from './kinds.ts'
import { firstState, makePass, type CopyState } from './passes.ts'

/** A pass that changed fewer records is not worth another one while the source is served. */
const fewRecords = 1_000

/** Passes of one run; a source that still changes then is still served. */
const passesMax = 6

export interface CopyOptions {
  /** Directory of the journal. */
  readonly journal: string
  /** Whether the source is not served any more, so that the target can be. */
  readonly isFinal: boolean
  readonly verify: boolean
  readonly signal: AbortSignal
  readonly onRead: (label: string, count: number) => void
}

export interface CopyReport {
  readonly passes: number
  /** Records put or removed. */
  readonly changed: number
  /** Whether the target may be served. */
  readonly complete: boolean
  /** What both stores hold, where that was asked for. */
  readonly verified?: readonly Compared[]
}

export interface Compared {
  readonly kind: string
  readonly source: Omit<KindDigest, 'kind'>
  readonly target: Omit<KindDigest, 'kind'>
  readonly same: boolean
}

/**
 * Copies a store to another one, from where the last run ended.
 *
 * @throws Refused when the target holds something else, or the stores differ in the end
 */
export async function copyStores(from: Config, to: Config, options: CopyOptions): Promise<CopyReport> {
  requireSource(from)
  // A server would take the directory for itself; while it is held, none starts on it.
  const source = await open(from, options.isFinal ? 'server' : 'reader')
  try {
    const target = await open(to, 'server')
    try {
      return await copyOpened({ source, target, from: nameOf(from) }, options)
    } finally {
      await target.close()
    }
  } finally {
    await source.close()
  }
}

interface Opened {
  readonly source: Store
  readonly target: Store
  readonly from: string
}

async function copyOpened({ source, target, from }: Opened, options: CopyOptions): Promise<CopyReport> {
  const journal = new CopyJournal<CopyState>(path.resolve(options.journal))
  let isDone = false
  try {
    const mark = await beginOrGoOn(target, journal, from, options)
    isDone = mark.completedAtMs !== undefined
    const passed =
      mark.completedAtMs === undefined
        ? await makePasses({ ...options, source, target, journal, nowMs: Date.now }, options.isFinal)
        : { passes: 0, changed: 0 }
    const verified = options.verify ? await compare(source, target, options) : undefined
    if (verified?.some(({ same }) => !same)) throw differing(verified, hintOf(mark, options))
    if (options.isFinal) await writeCopyMark(target.documents, { completedAtMs: Date.now(), ...mark })
    isDone ||= options.isFinal
    return { ...passed, complete: isDone, ...(verified && { verified }) }
  } finally {
    // It names visitors, and is of no use any more.
    await (isDone ? journal.remove() : journal.close())
  }
}

async function makePasses(
  copy: Parameters<typeof makePass>[0],
  isFinal: boolean,
): Promise<Pick<CopyReport, 'passes' | 'changed'>> {
  let changed = 0
  let before = Infinity
  for (let passes = 1; passes <= passesMax; passes++) {
    const pass = await makePass(copy)
    changed += pass.changed
    // A source that changes about as much during each pass is not caught up with while it is served.
    const isCaughtUp = pass.changed < fewRecords || pass.changed > before / 2
    const isEnough = isFinal ? pass.changed === 0 && !pass.wasResumed : isCaughtUp
    if (isEnough) return { passes, changed }
    before = pass.changed
  }
  if (!isFinal) return { passes: passesMax, changed }
  throw new Refused(
    'The source still changes, so the copy is not whole.',
    'Stop every server of it, then run this again: it goes on from here.',
    'source_served',
  )
}

/** The target must be empty, or hold what the journal knows. */
async function beginOrGoOn(
  target: Store,
  journal: CopyJournal<CopyState>,
  from: string,
  { verify }: CopyOptions,
): Promise<CopyMark> {
  const mark = await readCopyMark(target.documents)
  const state = journal.state()
  if (mark === undefined) {
    if (!(await isEmpty(target)))
      throw new Refused(
        'The target is not empty: it was served, or something else was put there.',
        'Name an empty directory, or another keyspace.',
        'target_not_empty',
      )
    const begun = { copy: randomUUID(), from, beganAtMs: Date.now() }
    // The mark comes last: with it alone nothing would be known of what the target holds.
    await journal.begin(firstState(begun.copy))
    await writeCopyMark(target.documents, begun)
    return begun
  }
  if (mark.completedAtMs !== undefined) {
    if (verify) return mark
    throw new Refused(
      `The target holds a complete copy of ${mark.from}, and may have been served since.`,
      'To compare the two, add --verify; to copy anew, name an empty target.',
      'copy_complete',
    )
  }
  if (state?.copy === mark.copy) return mark
  throw new Refused(
    `The target holds an unfinished copy of ${mark.from} that this journal does not know.`,
    'Give the journal with which it was begun by --journal; without that, begin with an empty target.',
    'journal_unknown',
  )
}

async function isEmpty(store: Store): Promise<boolean> {
  const options = { nowMs: Date.now(), signal: new AbortController().signal }
  for (const kind of [documents, profiles, batches])
    for await (const { items } of pagesOf<unknown>(kind, store, options)) if (items.length > 0) return false
  return true
}

async function compare(source: Store, target: Store, options: CopyOptions): Promise<Compared[]> {
  const nowMs = Date.now()
  const read = (store: Store, label: string) =>
    digestStore(store, {
      nowMs,
      signal: options.signal,
      onRead: (kind, count) => options.onRead(`Reading the ${label}, ${kind}`, count),
    })
  const ours = await read(source, 'source')
  const theirs = await read(target, 'target')
  return ours.map(({ kind, ...counted }, index) => {
    const { kind: _, ...other } = theirs[index]!
    const same = counted.count === other.count && counted.digest === other.digest
    return { kind, source: counted, target: other, same }
  })
}

/** What to do about stores that differ. */
function hintOf({ completedAtMs }: CopyMark, { isFinal }: CopyOptions): string {
  if (completedAtMs !== undefined) return 'The copy was complete: one of them has been served since.'
  if (isFinal)
    return 'The target is not given free. Run this again; if they still differ, begin with an empty target.'
  return 'While the source is served that is to be expected: stop its servers, then give --final --verify.'
}

function differing(verified: readonly Compared[], hint: string): Refused {
  const kinds = verified.filter(({ same }) => !same)
  const told = kinds.map(({ kind, source, target }) => `${kind} (${source.count} and ${target.count})`)
  return new Refused(`The stores differ in ${told.join(', ')}.`, hint, 'stores_differ')
}

/** Opening a directory would make a store of it. */
function requireSource({ storeUrl }: Config) {
  if (storeUrl.kind !== 'lmdb' || existsSync(path.join(storeUrl.directory, dataFile))) return
  throw new Refused(
    `There is no store in ${storeUrl.directory}.`,
    'Name the directory of the server’s store.',
  )
}

async function open(config: Config, as: 'server' | 'reader'): Promise<Store> {
  const { storeUrl } = config
  try {
    return await openStore(config, { as })
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error)
    if (storeUrl.kind === 'cassandra' && reason.startsWith('the Cassandra cluster cannot be used'))
      throw new StoreNotReachable(`${nameOf(config)}: ${reason}.`)
    throw new Refused(`${nameOf(config)} cannot be opened: ${reason}.`)
  }
}

/** A store's URL without its login. */
function nameOf({ storeUrl }: Config): string {
  if (storeUrl.kind === 'memory') return 'memory:'
  if (storeUrl.kind === 'lmdb') return `lmdb:${storeUrl.directory}`
  return `cassandra://${storeUrl.hosts.join(',')}/${storeUrl.keyspace}?datacenter=${storeUrl.datacenter}`
}
