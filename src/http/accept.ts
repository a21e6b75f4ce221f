import type { Format } from '../wire/m2-response.ts'

/**
 * Chooses between XML and JSON by an `Accept` header: JSON only where it is preferred to XML.
 *
 * What axios sends unasked, JSON before a wildcard of equal quality, takes both alike: hence XML.
 */
export function chooseFormat(accept: string | undefined): Format {
  if (accept === undefined || !/json|application\/\*/i.test(accept)) return 'xml'
  const ranges = accept.split(',').map(readRange)
  const json = qualityOf(ranges, 'application/json')
  const xml = Math.max(qualityOf(ranges, 'text/xml'), qualityOf(ranges, 'application/xml'))
  return json > xml ? 'json' : 'xml'
}

interface MediaRange {
  readonly type: string
  readonly quality: number
}

function readRange(text: string): MediaRange {
  const [type = '', ...parameters] = text.split(';').map((part) => part.trim().toLowerCase())
  const quality = parameters.find((parameter) => parameter.startsWith('q='))?.slice(2) ?? '1'
  const value = Number(quality)
  return { type, quality: Number.isNaN(value) ? 1 : value }
}

/** The quality that the most specific matching range gives a type; 0 when none matches. */
function qualityOf(ranges: readonly MediaRange[], type: string): number {
  const [major = ''] = type.split('/')
  for (const range of [type, `${major}/*`, '*/*']) {
    const match = ranges.find((candidate) => candidate.type === range)
    if (match) return match.quality
  }
  return 0
}
