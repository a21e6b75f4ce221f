import fc from 'fast-check'
import { expect, it } from 'vitest'
import type { Attribute } from '../../src/model/attribute.ts'
import {
  attributeCell,
  isAfter,
  leadBytes,
  readAttribute,
  readLead,
} from '../../src/store/cassandra/cells.ts'

const attributeArb: fc.Arbitrary<Attribute> = fc.record({
  atMs: fc.integer({ min: 1_700_000_000_000, max: 1_700_000_000_002 }),
  line: fc.constantFrom(0, 2, 3, 500_001),
  value: fc.constantFrom('a', 'zz', undefined),
})

it('a cell gives back what it was made of', () => {
  fc.assert(
    fc.property(attributeArb, (attribute) => {
      expect(readAttribute(attributeCell(attribute, undefined).bytes).attribute).toEqual(attribute)
    }),
  )
})

it('of two rows of one file the cell of the later line wins, whatever their values', () => {
  const cellOf = (line: number, value: string | undefined) =>
    attributeCell({ atMs: 1_700_000_000_000, line, value }, undefined)

  expect(isAfter(cellOf(3, 'a'), cellOf(2, 'zz'))).toBe(true)
  expect(isAfter(cellOf(300, undefined), cellOf(44, 'zz'))).toBe(true)
})

it('a cell that replaces another wins over it at the same time, and keeps its time', () => {
  fc.assert(
    fc.property(attributeArb, attributeArb, (first, second) => {
      const old = attributeCell(first, undefined)
      const stamp = second.atMs < first.atMs ? { ...second, atMs: first.atMs } : second

      const cell = attributeCell(stamp, old)

      expect(isAfter(cell, old) || cell.bytes.equals(old.bytes)).toBe(true)
      expect(readAttribute(cell.bytes).attribute).toEqual(stamp)
    }),
  )
})

it('where an id leads is kept with the moment of the decision', () => {
  const lead = { home: { kind: 'ecid', id: 'é1' }, life: 20_782_001, at: 1_795_576_287_727_003 } as const

  expect(readLead(leadBytes(lead))).toEqual(lead)
})
