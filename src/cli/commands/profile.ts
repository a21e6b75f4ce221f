import type { Command } from 'commander'
import type { Outcome, Profile, VisitorId } from '#client'
import { readAssignments } from '../assignments.ts'
import { addNoun, addVerb, requireCredential, runsOnline, type OnlineCall } from '../command.ts'
import { checkedName } from '../connection.ts'
import { Refused, UsageError } from '../errors.ts'
import type { Shell } from '../shell.ts'

interface IdOptions {
  readonly tntId?: string
  readonly thirdPartyId?: string
  readonly ecid?: string
}

const whichApi =
  'Called by the Profile API with the token; by the Admin API where only an API credential is given.'

/** `profile`: what is kept of one visitor. */
export function addProfile(program: Command, shell: Shell): void {
  const profile = addNoun(program, 'profile', 'get, update and delete the profile of a visitor')
  addGet(profile, shell)
  addUpdate(profile, shell)
  addDelete(profile, shell)
}

function addGet(profile: Command, shell: Shell): void {
  const get = addVerb(profile, 'get', {
    summary: 'show a profile',
    details: `${whichApi} Times are UTC.`,
    examples: [
      'silhouette profile get --third-party-id ada',
      'silhouette profile get --tnt-id 7d1c0f6a52e94b0db2a8c3f1e5d60794 --json',
    ],
  })
  addId(get)
  runsOnline<IdOptions>(get, shell, async (call) => {
    const id = idOf(call.options)
    const { profiles } = call.service
    const found = prefersAdmin(call) ? await profiles.read(id, call) : await profiles.get(id, call)
    printProfile(call, found)
  })
}

function addUpdate(profile: Command, shell: Shell): void {
  const update = addVerb(profile, 'update [changes...]', {
    summary: 'set and remove attributes of a profile that exists',
    details:
      `Takes key=value for each attribute, up to 1,000. ${whichApi} --remove and --ecid always need the ` +
      'credential. An update creates no profile.',
    examples: [
      'silhouette profile update --third-party-id ada tier=gold city=Paris',
      'silhouette profile update --third-party-id ada --remove tier',
    ],
  })
  addId(update)
  update
    .usage('[options] <key=value...>')
    .option('--remove <key...>', 'remove an attribute; may be given several times')
  runsOnline<IdOptions & { remove?: string[] }>(update, shell, async (call, ...operands) => {
    const id = idOf(call.options)
    const set = readAttributes(operands)
    const remove = (call.options.remove ?? []).map(attributeName)
    if (remove.length + Object.keys(set).length === 0)
      throw new UsageError('There is nothing to change.', 'Write key=value, or --remove key.')
    const outcome = await updateBy(call, id, { set, remove })
    if (outcome === 'not-found') throw new Refused('No profile has this id.', hintCreate, 'profile_not_found')
    const sentence = outcome === 'unchanged' ? 'The profile is as it was.' : 'The profile is updated.'
    call.print.done({ outcome }, sentence)
  })
}

function addDelete(profile: Command, shell: Shell): void {
  const remove = addVerb(profile, 'delete', {
    summary: 'delete a profile with all its ids, at once and for good',
    details: 'By the Admin API, so it needs an API credential of an approver.',
    examples: ['silhouette profile delete --third-party-id ada'],
  })
  addId(remove)
  runsOnline<IdOptions>(remove, shell, async (call) => {
    const id = idOf(call.options)
    requireCredential(call)
    await call.service.profiles.delete(id, call)
    call.print.done({ ...id, deleted: true }, 'The profile is deleted.')
  })
}

const hintCreate = 'A visit or a batch of version 2 creates profiles.'

function addId(command: Command): void {
  command
    .option('--tnt-id <id>', 'id that the service gave the visitor')
    .option('--third-party-id <id>', 'id of the visitor in systems of yours')
    .option('--ecid <id>', 'Experience Cloud id of the visitor')
}

function idOf(options: IdOptions): VisitorId {
  const { tntId, thirdPartyId, ecid } = options
  const ids: VisitorId[] = []
  if (tntId !== undefined) ids.push({ tntId: checkedName('--tnt-id', tntId) })
  if (thirdPartyId !== undefined) ids.push({ thirdPartyId: checkedName('--third-party-id', thirdPartyId) })
  if (ecid !== undefined) ids.push({ ecid: checkedName('--ecid', ecid) })
  const [id, another] = ids
  if (id !== undefined && another === undefined) return id
  throw new UsageError('Give one id: --tnt-id, --third-party-id or --ecid.')
}

/** Whether the credential is what the caller has; the token, if there is one, says the Profile API. */
function prefersAdmin({ connection }: OnlineCall): boolean {
  return connection.credential !== undefined && connection.token === undefined
}

async function updateBy(
  call: OnlineCall,
  id: VisitorId,
  { set, remove }: { set: Readonly<Record<string, string>>; remove: readonly string[] },
): Promise<Outcome> {
  const { profiles } = call.service
  if (!prefersAdmin(call) && remove.length === 0 && !('ecid' in id)) return profiles.update(id, set, call)
  requireCredential(call)
  await profiles.edit(id, { set, remove }, call)
  return 'updated'
}

function readAttributes(operands: readonly string[]): Readonly<Record<string, string>> {
  const attributes: Record<string, string> = {}
  for (const [key, value] of readAssignments(operands)) {
    const name = attributeName(key)
    if (value === '')
      throw new UsageError(`The value of ${name} is empty.`, `\`--remove ${name}\` removes an attribute.`)
    attributes[name] = value
  }
  return attributes
}

/** As visits name attributes; update and bulk write `profile.` before them. */
function attributeName(key: string): string {
  return key.replace(/^profile\./, '')
}

function printProfile({ print }: OnlineCall, profile: Profile): void {
  const rows = Object.entries(profile.profileAttributes)
  const columns = {
    ATTRIBUTE: ([name]: (typeof rows)[number]) => name,
    VALUE: ([, { value }]: (typeof rows)[number]) => value,
    MODIFIED: ([, { modifiedAt }]: (typeof rows)[number]) => modifiedAt,
  }
  print.table(profile, rows, columns, 'The profile has no attributes.')
}
