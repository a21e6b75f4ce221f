import { existsSync } from 'node:fs'
import { readFile } from 'node:fs/promises'
import path from 'node:path'
import type { Config } from '../../config.ts'
import { keyFits } from '../../domain/accounts/first-start.ts'
import { SecretKey } from '../../domain/secret-key.ts'
import { dataFile, secretKeyFile } from '../../store/lmdb/directory.ts'
import { inspectLmdb, type StoreInspection } from '../../store/lmdb/inspect.ts'
import type { Store } from '../../store/store.ts'
import { findingsOf, listText, reasonOf, sizeText, type Finding } from './finding.ts'

const store = findingsOf('store')
const key = findingsOf('secret key')
const clock = findingsOf('clock')

export interface StoreLook {
  readonly findings: readonly Finding[]
  /** `undefined` when there is none, or it cannot be opened. */
  readonly inspection: StoreInspection | undefined
}

/** Opens the store to read, as it is served or not, and reads its records. */
export async function lookAtStore(directory: string, options: { everyRecord: boolean }): Promise<StoreLook> {
  if (!existsSync(path.join(directory, dataFile))) {
    return { findings: [judgeAbsent(directory)], inspection: undefined }
  }
  try {
    const inspection = await inspectLmdb(directory, options)
    return { findings: judgeInspection(directory, inspection, options.everyRecord), inspection }
  } catch (error) {
    const todo = 'if it is damaged, put a backup in its place'
    return { findings: [store.problem(reasonOf(error), todo)], inspection: undefined }
  }
}

function judgeAbsent(directory: string): Finding {
  return store.warning(
    `there is none in ${path.resolve(directory)}`,
    'the first start makes it; if there should be one, give the SILHOUETTE_STORE_URL of the server',
  )
}

function judgeInspection(
  directory: string,
  { bytes, faults, freeBytes, profiles, records }: StoreInspection,
  everyRecord: boolean,
): Finding[] {
  if (faults.count > 0) {
    const todo = 'stop the server and put the latest backup in its place; keep the damaged directory aside'
    return [
      store.problem(`${faults.count} of ${records} records are damaged: ${faults.first.join('; ')}`, todo),
    ]
  }
  const size = `${sizeText(bytes)}, ${sizeText(freeBytes)} of it free`
  const read = everyRecord
    ? `${profiles} profiles; all ${records} records can be read`
    : 'not every record was read'
  const found = [store.ok(`${path.resolve(directory)}: ${size}; ${read}`)]
  if (freeBytes > 64 * 1_048_576 && freeBytes > bytes / 2) {
    found.push(
      store.warning(
        `more than half of the file is free: ${sizeText(freeBytes)}`,
        'it is used again; to give it back, start from the copy that `silhouette backup --compact` makes',
      ),
    )
  }
  return found
}

/** Finds a secret key that is not the one of the store: a start would be refused. */
export async function judgeSecretKey(
  config: Config,
  directory: string | undefined,
  opened: Store,
): Promise<Finding> {
  const file = directory === undefined ? undefined : path.join(directory, secretKeyFile)
  const kept = file !== undefined && existsSync(file) ? (await readFile(file, 'utf8')).trim() : undefined
  const text = config.secretKey ?? kept
  const isKept = config.secretKey === undefined && directory !== undefined
  const where = isKept ? `the file ${secretKeyFile}` : 'SILHOUETTE_SECRET_KEY'
  if (text === undefined || text.length < 32) {
    const todo =
      directory === undefined
        ? 'give the same one on each node'
        : 'put it back from a backup, or give SILHOUETTE_SECRET_KEY'
    const found = `${where} is ${text === undefined ? 'not there' : 'damaged'}`
    return key.problem(found, `${todo}; if it is lost, see docs/guides/operate.md`)
  }
  if (!(await keyFits(opened.documents, new SecretKey(text)))) {
    return key.problem(
      `${where} is not the one that the store was first used with: the server will not start`,
      'give the former one; if it is lost, see docs/guides/operate.md',
    )
  }
  return key.ok(`${where} is that of the store`)
}

/** Writes may lie so far ahead of this clock: two processes read it at different times, ms. */
const aheadMsMax = 5_000

/** Finds a clock that was set back, by what the store and this program's own file bear. */
export function judgeClock(latestAtMs: number, programAtMs: number): Finding {
  const nowMs = Date.now()
  const now = new Date(nowMs).toISOString()
  const todo = 'set the clock, and let NTP keep it; writes of what is later stay the later ones until then'
  if (latestAtMs > nowMs + aheadMsMax) {
    const latest = new Date(latestAtMs).toISOString()
    return clock.problem(
      `it is ${now}, but the store holds a write of ${latest}: the clock was set back, or ran ahead`,
      todo,
    )
  }
  if (programAtMs > nowMs + 86_400_000) {
    return clock.problem(`it is ${now}, earlier than this program was made: the clock is wrong`, todo)
  }
  return clock.ok(`it is ${now}, and nothing stored is later`)
}

/** Finds incomplete batches whose uploads are gone. */
export function judgeUploads({ uploadsDamaged }: StoreInspection): Finding[] {
  if (uploadsDamaged.length === 0) return []
  return [
    findingsOf('batches').problem(
      `the uploads of ${listText(uploadsDamaged)} are missing or cut short: these batches stay stuck`,
      'put their files back into spool/, or upload the same data again',
    ),
  ]
}
