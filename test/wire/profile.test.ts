import fc from 'fast-check'
import { expect, it } from 'vitest'
import { isoTime, writeProfile } from '../../src/wire/profile.ts'

/** Until the year 9999. */
const timeArb = fc.integer({ min: 0, max: 253_402_300_799_999 })

it('writes times as toISOString does, with a numeric offset, in whichever order they come', () => {
  fc.assert(
    fc.property(timeArb, (ms) => {
      expect(isoTime(ms)).toBe(new Date(ms).toISOString().replace('Z', '+00:00'))
    }),
    { numRuns: 2_000 },
  )
})

it('writes JSON that reads back as what was written, whatever the texts', () => {
  const attributeArb = fc.record({
    name: fc.string({ unit: 'grapheme' }),
    value: fc.string({ unit: 'grapheme' }),
    atMs: timeArb,
  })
  const attributesArb = fc.uniqueArray(attributeArb, { selector: ({ name }) => name, maxLength: 5 })
  fc.assert(
    fc.property(attributesArb, fc.string(), timeArb, (attributes, visitorId, bornAtMs) => {
      const modifiedAtMs = Math.max(bornAtMs, ...attributes.map(({ atMs }) => atMs))
      const text = writeProfile({ client: 'demo', visitorId }, { bornAtMs, modifiedAtMs, attributes })
      const read = JSON.parse(text) as { visitorId: string; profileAttributes: object }

      expect(read.visitorId).toBe(visitorId)
      const shown = Object.entries(read.profileAttributes).filter(([name]) => name !== 'firstSessionStart')
      const written = attributes
        .filter(({ name }) => name !== 'firstSessionStart')
        .map(({ name, value, atMs }) => [name, { value, modifiedAt: isoTime(atMs) }] as const)
      expect(new Map(shown)).toEqual(new Map(written))
    }),
  )
})
