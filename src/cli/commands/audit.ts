import { Option, type Command } from 'commander'
import type { Revision, RevisionDetails, RevisionList, RevisionType } from '#client'
import { addVerb, requireCredential, runsOnline, type OnlineCall } from '../command.ts'
import { countOption } from '../count.ts'
import { checkedName } from '../connection.ts'
import { durationForms, durationSeconds } from '../duration.ts'
import { UsageError } from '../errors.ts'
import type { Shell } from '../shell.ts'

/** What changes are kept of. */
const types: readonly RevisionType[] = [
  'authenticationToken',
  'client',
  'clientSettings',
  'credential',
  'profile',
  'user',
  'workspace',
]

/** Each of them is read by a call of its own, and the Admin API counts calls. */
const detailsMax = 20

interface AuditOptions {
  readonly type?: RevisionType
  readonly id?: string
  /** Seconds. */
  readonly since?: number
  readonly by?: string
  readonly limit?: number
  readonly details?: true
}

type Entry = Revision & { readonly type: RevisionType } & Partial<Pick<RevisionDetails, 'before' | 'after'>>

/** `audit`: what was changed, when and by whom. */
export function addAudit(program: Command, shell: Shell): void {
  const audit = addVerb(program, 'audit', {
    summary: 'list what was changed, when and by whom, the latest first',
    details:
      'Ids: of clientSettings the client code, of authenticationToken the scope, of a user the e-mail ' +
      'address. Of one thing (--type and --id) the whole log is read: --since and --by do not apply. ' +
      'Times are UTC. For approvers.',
    examples: [
      'silhouette audit',
      'silhouette audit --type user --since 30d --by admin@localhost',
      'silhouette audit --type clientSettings --id demo --details --limit 5',
    ],
  })
  audit
    .addOption(new Option('--type <type>', 'only changes of this type; all unless given').choices(types))
    .option('--id <id>', 'only changes of this one thing; needs --type')
    .addOption(
      new Option('--since <time>', `how far back, as in ${durationForms}; 24h unless given`).argParser(
        durationSeconds,
      ),
    )
    .option('--by <who>', 'only changes by this e-mail address or client id')
    .addOption(countOption('--limit <count>', 'most entries that are shown; 50 unless given', 10_000))
    .option('--details', `what was before and after; needs --id, and shows ${detailsMax} at the most`)
  runsOnline<AuditOptions>(audit, shell, async (call) => {
    requireCredential(call)
    const entries = await readEntries(call)
    const columns = {
      TIME: (one: Entry) => one.modifiedAt,
      TYPE: (one: Entry) => one.type,
      OPERATION: (one: Entry) => one.operation,
      BY: (one: Entry) => one.modifiedBy,
      ...(call.options.details && {
        CHANGE: changeText,
      }),
    }
    call.print.table({ revisions: entries }, entries, columns, 'Nothing was changed in that time.')
  })
}

async function readEntries(call: OnlineCall<AuditOptions>): Promise<Entry[]> {
  const { type, id, details, limit = 50 } = call.options
  if (id !== undefined && type === undefined) throw new UsageError('--id needs --type.')
  if (details && id === undefined) throw new UsageError('--details needs --type and --id.')
  if (type !== undefined && id !== undefined)
    return readOfOne(
      call,
      { type, id: checkedName('--id', id) },
      details ? Math.min(limit, detailsMax) : limit,
    )
  const lists = await Promise.all((type ? [type] : types).map((one) => listOf(call, one, limit)))
  return lists
    .flat()
    .toSorted((a, b) => b.id - a.id)
    .slice(0, limit)
}

async function listOf(
  { options, service, signal }: OnlineCall<AuditOptions>,
  type: RevisionType,
  limit: number,
) {
  const { since, by } = options
  const modifiedAt = since === undefined ? undefined : new Date(Date.now() - since * 1000)
  return typed(type, await service.audit.list(type, { modifiedAt, modifiedBy: by, limit }, { signal }))
}

async function readOfOne(
  { options, service, signal }: OnlineCall<AuditOptions>,
  entity: { readonly type: RevisionType; readonly id: string },
  limit: number,
): Promise<Entry[]> {
  const entries = typed(entity.type, await service.audit.listOf(entity, { limit }, { signal }))
  if (!options.details) return entries
  const detailed: Entry[] = []
  for (const entry of entries) {
    const { before, after } = await service.audit.get(entity, entry.id, { signal })
    detailed.push({ ...entry, before, after })
  }
  return detailed
}

function typed(type: RevisionType, { revisions }: RevisionList): Entry[] {
  return revisions.map((revision) => ({ type, ...revision }))
}

/** What differs; of something new or gone, all that is known of it. */
function changeText({ before, after }: Entry): string {
  const [old, fresh] = [membersOf(before), membersOf(after)]
  const names = [...new Set([...Object.keys(old), ...Object.keys(fresh)])]
  return names
    .map((name) => ({ name, was: shown(old[name]), is: shown(fresh[name]) }))
    .filter(({ was, is }) => was !== is)
    .map(({ name, was, is }) => `${name}: ${was} → ${is}`)
    .join('; ')
}

function membersOf(value: unknown): Readonly<Record<string, unknown>> {
  return Object(value ?? {})
}

function shown(value: unknown): string {
  return value === undefined ? 'none' : JSON.stringify(value)
}
