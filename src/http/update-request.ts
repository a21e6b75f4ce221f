import { Refusal } from '../lib/errors.ts'
import { attributeNameFault } from '../model/attribute.ts'
import { parseId, type IdKind } from '../model/visitor-id.ts'
import { attributePrefix, readForm, readJson, type UpdateParameters } from '../wire/parameters.ts'
import type { ProfileChange } from '../domain/profiles/update.ts'
import { rawQuery } from './address.ts'
import type { Bodies } from './bodies.ts'
import type { Call } from './endpoint.ts'
import type { HttpSettings } from './services.ts'

/**
 * Reads what a single update asks for from its query and body; the body comes later and wins.
 *
 * @throws Refusal of sizes first, then of the parameters
 * @source decisions.md §4
 */
export async function readUpdate(call: Call, bodies: Bodies, settings: HttpSettings): Promise<ProfileChange> {
  const query = rawQuery(call.request.url)
  const body = await readUpdateBody(call, bodies, { queryBytes: query.length, settings })
  const parameters: UpdateParameters = new Map()
  readForm(query, parameters)
  if (body.length > 0 && call.request.mediaType === 'application/json') readJson(body, parameters)
  else readForm(body.toString('latin1'), parameters)
  return toChange(parameters)
}

/**
 * Reads what an update asks for from its query alone.
 *
 * @param query  as it came, one character a byte
 * @throws Refusal of the parameters
 */
export function readChange(query: string): ProfileChange {
  const parameters: UpdateParameters = new Map()
  readForm(query, parameters)
  return toChange(parameters)
}

async function readUpdateBody(
  call: Call,
  bodies: Bodies,
  { queryBytes, settings }: { readonly queryBytes: number; readonly settings: HttpSettings },
): Promise<Buffer> {
  const { updateQueryBytesMax, updatePostBytesMax } = settings
  if (call.request.method === 'POST') {
    const tooLarge = () => tooLargePost(updatePostBytesMax)
    if (queryBytes > updatePostBytesMax) throw tooLarge()
    return bodies.read(call, updatePostBytesMax - queryBytes, tooLarge)
  }
  if (queryBytes <= updateQueryBytesMax) return Buffer.alloc(0)
  throw new Refusal(
    'body_too_large',
    `The query has ${queryBytes} bytes; an update by GET takes ${updateQueryBytesMax}. ` +
      `Use POST (up to ${updatePostBytesMax} bytes) or send several updates.`,
  )
}

function tooLargePost(bytesMax: number): Refusal {
  return new Refusal(
    'body_too_large',
    `An update by POST takes ${bytesMax} bytes of query and body together; send several updates.`,
  )
}

function toChange(parameters: UpdateParameters): ProfileChange {
  const tntId = readId(parameters, 'mboxPC', 'tntId')
  const thirdPartyId = readId(parameters, 'mbox3rdPartyId', 'thirdPartyId')
  if (tntId === undefined && thirdPartyId === undefined) {
    throw new Refusal('id_missing', 'No visitor is named; give the parameter mboxPC or mbox3rdPartyId.')
  }
  const set = new Map<string, string>()
  for (const [parameter, value] of parameters) {
    if (!parameter.startsWith(attributePrefix)) continue
    const name = parameter.slice(attributePrefix.length)
    const fault = attributeNameFault(name)
    if (fault) throw new Refusal('attribute_name_invalid', `The parameter ${parameter}: the name ${fault}.`)
    if (value !== '') set.set(name, value)
  }
  return { ids: { tntId, thirdPartyId }, set }
}

function readId(parameters: UpdateParameters, name: string, kind: IdKind): string | undefined {
  const id = parseId(kind, parameters.get(name) ?? '')
  if (typeof id !== 'object') return id
  throw new Refusal('id_invalid', `The parameter ${name} ${id.fault}.`)
}
