import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { PartCutter } from '../../src/store/cassandra/part-cutter.ts'
import type { UploadPart } from '../../src/store/store.ts'

/** Cuts a text that comes in pieces of a length. */
function cut(text: string, pieceBytes = 65_536): UploadPart[] {
  const bytes = Buffer.from(text)
  const cutter = new PartCutter()
  const parts: UploadPart[] = []
  for (let at = 0; at < bytes.length; at += pieceBytes) {
    parts.push(...cutter.push(bytes.subarray(at, at + pieceBytes)))
  }
  return [...parts, ...cutter.end()]
}

const joined = (parts: readonly UploadPart[]) => Buffer.concat(parts.map(({ bytes }) => bytes)).toString()

describe('an upload in parts', () => {
  it('keeps every byte, ends parts with whole lines, and numbers them, however it comes in', () => {
    const lineArb = fc.integer({ min: 0, max: 9_000 }).map((length) => 'x'.repeat(length))
    fc.assert(
      fc.property(
        fc.array(lineArb, { maxLength: 80 }),
        fc.integer({ min: 1_000, max: 90_000 }),
        (lines, size) => {
          const text = lines.join('\n')

          const parts = cut(text, size)

          expect(joined(parts)).toBe(text)
          let line = 1
          for (const { bytes, firstLine, isRest } of parts) {
            expect([firstLine, isRest]).toEqual([line, false])
            line += bytes.toString().split('\n').length - 1
          }
          for (const { bytes } of parts.slice(0, -1)) expect(bytes.at(-1)).toBe(0x0a)
        },
      ),
      { numRuns: 100 },
    )
  })

  it('has 2,500 lines a part at the most', () => {
    const parts = cut('a\n'.repeat(100_000))

    expect(Math.max(...parts.map(({ bytes }) => bytes.length / 2))).toBe(2_500)
  })

  it('holds no more than a line that is too long needs to be seen as such, and tells its rest', () => {
    const long = 'y'.repeat(4_000_000)

    const parts = cut(`batch=pcId,a\n1,${long}\n2,z\n`)

    expect(joined(parts)).toBe(`batch=pcId,a\n1,${long}\n2,z\n`)
    expect(parts[0]?.bytes.toString()).toBe('batch=pcId,a\n')
    expect(parts[1]).toMatchObject({ firstLine: 2, isRest: false })
    expect(parts[1]!.bytes.length).toBeGreaterThan(1_048_577)
    expect(parts.slice(2, -1).every(({ isRest }) => isRest)).toBe(true)
    expect(parts.at(-1)).toMatchObject({ firstLine: 3, isRest: false })
    expect(Math.max(...parts.map(({ bytes }) => bytes.length))).toBeLessThan(1_500_000)
  })
})
