import { hasAtMostChars, isWellFormed } from '../lib/text.ts'
import { ecidCharsMax, thirdPartyIdCharsMax, tntIdCharsMax } from './limits.ts'

/** The three names under which a visitor is known; `ecid` is Adobe's marketingCloudVisitorId. */
export type IdKind = 'tntId' | 'thirdPartyId' | 'ecid'

/** One id of a visitor, normalized: a tntId without its location hint. */
export interface VisitorId {
  readonly kind: IdKind
  readonly id: string
}

/** The ids that one update or visit names; at least one is present. */
export interface VisitorIds {
  readonly tntId?: string | undefined
  readonly thirdPartyId?: string | undefined
  readonly ecid?: string | undefined
}

/** What is wrong with an id, as the end of a sentence that begins with the parameter's name. */
export type IdFault = { readonly fault: string }

const locationHint = /\.\d+_\d+$/

/**
 * Reads an id as it came from outside: strips a tntId's location hint and checks the shape.
 *
 * @returns the normalized id; `undefined` for an empty or blank one; or what is wrong with it
 * @source  decisions.md §3
 */
export function parseId(kind: IdKind, text: string): string | undefined | IdFault {
  if (text.trim() === '') return undefined
  if (!isWellFormed(text)) return { fault: 'is not valid UTF-8' }
  if (kind === 'thirdPartyId') return parseThirdPartyId(text)
  if (kind === 'tntId') return parseTntId(text)
  return hasAtMostChars(text, ecidCharsMax) ? text : tooLong(ecidCharsMax)
}

function parseThirdPartyId(text: string): string | IdFault {
  if (!hasAtMostChars(text, thirdPartyIdCharsMax)) return tooLong(thirdPartyIdCharsMax)
  if (text.includes('+') || text.includes('/')) {
    return { fault: 'holds "+" or "/", which a thirdPartyId must not; use an id without them' }
  }
  return text
}

function parseTntId(text: string): string | undefined | IdFault {
  const id = text.includes('.') ? text.replace(locationHint, '') : text
  if (id.includes('.')) {
    return {
      fault: 'has a dot that begins no location hint (such as .28_20); send the tntId as it was returned',
    }
  }
  if (!hasAtMostChars(id, tntIdCharsMax)) return tooLong(tntIdCharsMax)
  return id === '' ? undefined : id
}

function tooLong(max: number): IdFault {
  return { fault: `is longer than ${max} characters` }
}

/** Lists the named ids, the strongest first: thirdPartyId, ECID, tntId. */
export function listIds(ids: VisitorIds): VisitorId[] {
  const listed: VisitorId[] = []
  if (ids.thirdPartyId !== undefined) listed.push({ kind: 'thirdPartyId', id: ids.thirdPartyId })
  if (ids.ecid !== undefined) listed.push({ kind: 'ecid', id: ids.ecid })
  if (ids.tntId !== undefined) listed.push({ kind: 'tntId', id: ids.tntId })
  return listed
}

export function isSameId(a: VisitorId, b: VisitorId): boolean {
  return a.kind === b.kind && a.id === b.id
}
