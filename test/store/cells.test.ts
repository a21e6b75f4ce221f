import fc from 'fast-check'
import { expect, it } from 'vitest'
import type { Attribute } from '../../src/model/attribute.ts'
import {
  attributeCell,
  isAfter,
  readAttribute,
  readSpot,
  spotBytes,
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

it('what a life is joined to is kept as it was', () => {
  const spot = { home: { kind: 'ecid', id: 'é1' }, life: 20_782_001 } as const

  expect(readSpot(spotBytes(spot))).toEqual(spot)
})
