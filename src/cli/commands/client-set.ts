import type { Command } from 'commander'
import type { Settings } from '#client'
import { nearestName } from '../../lib/nearest.ts'
import { readAssignments } from '../assignments.ts'
import { addVerb, requireCredential, runsOnline } from '../command.ts'
import { checkedName, connect } from '../connection.ts'
import { UsageError } from '../errors.ts'
import type { Shell } from '../shell.ts'

/** What belongs to the record of a client; all other keys are settings. */
const recordKeys = ['name', 'imsOrgId'] as const

/** The switch has commands of its own, which say who would be cut off. */
const switchKey = 'enableProfileApiAuthentication'

/** `client set`: the record and the settings of a client, by the names of the wire. */
export function addClientSet(client: Command, shell: Shell): void {
  const set = addVerb(client, 'set [code-and-changes...]', {
    summary: 'change the name, the IMS organization or settings of a client',
    details:
      'Takes a code (else the client of the connection) and key=value for each change: name, imsOrgId, ' +
      'profileLifetimeDays (1 to 90 days), allowedOrigins (parted by commas), ipObfuscation (NONE, ' +
      'LAST_OCTET, STRIP) and whatever else `silhouette client show` lists. Lists and objects may be JSON. ' +
      'The switch is turned by `silhouette auth on` and `off`.',
    examples: [
      'silhouette client set profileLifetimeDays=30',
      'silhouette client set shop name="The shop" allowedOrigins=https://shop.example,https://m.shop.example',
    ],
  })
  set.usage('[options] [code] <key=value...>')
  runsOnline(set, shell, async (call, ...operands) => {
    requireCredential(call)
    const [first = '', ...more] = operands
    const [code, changes] = first.includes('=') ? [call.connection.client, operands] : [first, more]
    const assignments = readAssignments(changes)
    if (assignments.size === 0) throw new UsageError('There is nothing to set.', 'Write key=value.')
    checkedName('code', code)
    const service = connect({ ...call.connection, client: code })
    const current = await service.settings.get(call)
    const settings = readSettings(current, assignments)
    const record = Object.fromEntries([...assignments].filter(([key]) => isRecordKey(key)))
    // The record first: who may not change it is told before anything is changed.
    const named = Object.keys(record).length > 0 ? await service.clients.patch(code, record, call) : undefined
    const changed = Object.keys(settings).length > 0 ? await service.settings.patch(settings, call) : current
    const keys = [...assignments.keys()].join(', ')
    call.print.done({ code, ...named, settings: changed }, `Set ${keys} of client ${code}.`)
  })
}

/** Reads texts as what the settings hold now: a switch, a number, a list or a text. */
function readSettings(current: Settings, assignments: ReadonlyMap<string, string>): Partial<Settings> {
  const known: Readonly<Record<string, unknown>> = { ...current }
  const settings: Record<string, unknown> = {}
  for (const [key, text] of assignments) {
    if (isRecordKey(key)) continue
    if (key === switchKey) throw new UsageError(`${key} is turned by \`silhouette auth on\` and \`off\`.`)
    if (!Object.hasOwn(known, key)) throw unknownKey(key, Object.keys(known))
    settings[key] = valueLike(known[key], { key, text })
  }
  return settings
}

function valueLike(now: unknown, { key, text }: { key: string; text: string }): unknown {
  if (typeof now === 'boolean') {
    if (text === 'true' || text === 'false') return text === 'true'
    throw new UsageError(`${key} must be true or false, not "${text}".`)
  }
  if (typeof now === 'number') {
    if (/^\d{1,9}$/.test(text)) return Number(text)
    throw new UsageError(`${key} must be a whole number, not "${text}".`)
  }
  if (typeof now === 'string') return text
  if (/^\s*[[{]/.test(text)) return parseJson(key, text)
  if (Array.isArray(now)) return text === '' ? [] : text.split(',').map((item) => item.trim())
  throw new UsageError(`${key} must be JSON, not "${text}".`)
}

function parseJson(key: string, text: string): unknown {
  try {
    return JSON.parse(text)
  } catch (error) {
    throw new UsageError(`${key} is no JSON: ${error instanceof Error ? error.message : ''}`)
  }
}

function isRecordKey(key: string): boolean {
  return recordKeys.some((name) => name === key)
}

function unknownKey(key: string, known: readonly string[]): UsageError {
  const nearest = nearestName(key, [...recordKeys, ...known])
  const hint = nearest === undefined ? '`silhouette client show` lists all.' : `Did you mean ${nearest}?`
  return new UsageError(`There is no setting "${key}".`, hint)
}
