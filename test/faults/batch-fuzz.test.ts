import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { RowCounter } from '../../src/domain/batches/lines.ts'
import { lineWindows, orderRows, readHeader } from '../../src/domain/batches/row-order.ts'
import { RowReader } from '../../src/domain/batches/row-reader.ts'
import { RowGroup } from '../../src/domain/batches/rows.ts'
import { unpackValues } from '../../src/model/attribute.ts'
import { RowUpdate } from '../../src/model/rows.ts'
import type { SpoolReader } from '../../src/store/store.ts'
import { openMemoryStore } from '../../src/store/memory/store.ts'
import { applyAllBatches, failedRowsText, statusOf, testContext, upload } from '../support/context.ts'
import { parsePlainly, type PlainRow } from '../support/plain-parser.ts'

const piece = fc.oneof(
  { weight: 6, arbitrary: fc.constantFrom('1', '2', 'a', 'id7', 'gold', ',', ',', ',', '\n', '\n', '\r\n') },
  {
    weight: 3,
    arbitrary: fc.constantFrom(
      '%',
      '%z',
      '%zz',
      '%4',
      '%41',
      '%2B',
      '%2C',
      '%0A',
      '%00',
      '%ff',
      '%c3%a9',
      '%C3',
      '+',
      '\r',
      '\t',
      ' ',
    ),
  },
  {
    weight: 2,
    arbitrary: fc.constantFrom(
      '# line ',
      '# line 3',
      '#',
      '.28_20',
      '.x',
      '/',
      '\0',
      'é',
      '\u{1f600}',
      '\ufeff',
      '"',
    ),
  },
  { weight: 1, arbitrary: fc.integer({ min: 100, max: 300 }).map((n) => 'w'.repeat(n)) },
  {
    weight: 1,
    arbitrary: fc.uint8Array({ maxLength: 4 }).map((bytes) => Buffer.from(bytes).toString('latin1')),
  },
)
const headerArb = fc.constantFrom(
  'batch=pcId,a,b\n',
  'batch=thirdPartyId,a\r\n',
  '\ufeffbatch= thirdPartyId ,a,%62,c\n',
)

/** Uploads of a good header and anything after it; the last two kinds of pieces are not always UTF-8. */
const uploadArb = fc
  .tuple(headerArb, fc.array(piece, { maxLength: 60 }))
  .map(([header, pieces]) =>
    Buffer.concat([
      Buffer.from(header),
      ...pieces.map((text) => Buffer.from(text, /[\x80-\xff]/.test(text) ? 'latin1' : 'utf8')),
    ]),
  )

function readerOf(bytes: Buffer): SpoolReader {
  return {
    size: bytes.length,
    read: (target, length, position) => bytes.copy(target, 0, position, position + length),
    close: () => {},
  }
}

/** What the byte-level parser makes of an upload, row by row in file order. */
function parseByBytes(bytes: Buffer, rows: number): PlainRow[] {
  const order = orderRows(readerOf(bytes), rows)
  const reader = new RowReader(readerOf(bytes), order)
  const common = { client: 'demo', atMs: 1, create: true, lifetimeMs: 1 }
  const group = new RowGroup(order.header, common, { rowsMax: 1, bytesSize: 1_048_576 })
  const parsed = Array.from(order.order, (row, rank) => {
    const place = reader.read(rank)
    const line = order.lines[row] ?? 0
    const text = place.bytes.toString('latin1', place.start, place.end)
    group.clear()
    const fault = group.add(place, line)
    if (fault) return { line, text, fault: fault.fault }
    const update = new RowUpdate(group)
    const id = update.ids.tntId ?? update.ids.thirdPartyId ?? ''
    return { line: update.line, text, id, values: Object.fromEntries(unpackValues(update.set)) }
  })
  return parsed.toSorted((a, b) => a.line - b.line)
}

/** Whether a row fails, rather than in which words. */
const judged = (rows: readonly PlainRow[]) =>
  rows.map(({ line, text, id, values, fault }) =>
    fault === undefined ? { line, text, id, values } : { line, text, failed: true },
  )

describe('an upload of random bytes', () => {
  it('is parsed row by row as the plain parser does', () => {
    fc.assert(
      fc.property(uploadArb, (bytes) => {
        const plain = parsePlainly(bytes)

        expect(judged(parseByBytes(bytes, plain.rows.length))).toEqual(judged(plain.rows))
      }),
      { numRuns: 3_000 },
    )
  })

  it('has the same rows whatever the pieces it comes in, cut at every byte', () => {
    fc.assert(
      fc.property(uploadArb, (bytes) => {
        const { rowsStart } = readHeader(readerOf(bytes))
        const expected = parsePlainly(bytes).rows.length
        for (let cut = rowsStart; cut <= bytes.length; cut++) {
          const counter = new RowCounter()
          counter.push(bytes.subarray(rowsStart, cut))
          counter.push(bytes.subarray(cut))
          counter.end()
          expect(counter.rows).toBe(expected)
        }
      }),
      { numRuns: 500 },
    )
  })

  it('is applied without a row lost or counted twice, and its failed rows come back as they were', async () => {
    await fc.assert(
      fc.asyncProperty(uploadArb, async (bytes) => {
        const plain = parsePlainly(bytes)
        fc.pre(plain.rows.length > 0)
        const context = testContext(openMemoryStore(), { checkpointRows: 3 })
        const client = await context.clients.ensure('demo', 14)

        const batch = await upload(context, client, bytes)
        await applyAllBatches(context)

        const status = await statusOf(context, client, batch)
        const failed = plain.rows.filter(({ fault }) => fault !== undefined)
        expect(status).toMatchObject({
          status: 'complete',
          rows: plain.rows.length,
          failedUpdates: failed.length,
        })
        const counted = (status?.created ?? 0) + (status?.updated ?? 0) + (status?.unchanged ?? 0)
        expect(counted).toBe(plain.rows.length - failed.length)
        const text = await failedRowsText(context, client, batch)
        const returned = parsePlainly(Buffer.from(text, 'latin1'))
        expect(returned.rows.map((row) => row.text)).toEqual(failed.map((row) => row.text))
      }),
      { numRuns: 300 },
    )
  })

  it('applies what a plain application of its rows in file order does', async () => {
    await fc.assert(
      fc.asyncProperty(uploadArb, async (bytes) => {
        const plain = parsePlainly(bytes)
        fc.pre(plain.rows.length > 0)
        const context = testContext(openMemoryStore())
        const client = await context.clients.ensure('demo', 14)
        const expected = new Map<string, Record<string, string>>()
        for (const { id, values } of plain.rows) {
          if (id !== undefined) expected.set(id, { ...expected.get(id), ...values })
        }

        await upload(context, client, bytes)
        await applyAllBatches(context)

        const kind = plain.key === 'pcId' ? 'tntId' : 'thirdPartyId'
        for (const [id, values] of expected) {
          const view = await context.store.profiles.get('demo', { kind, id }, context.clock.nowMs())
          const stored = Object.fromEntries(view?.attributes.map(({ name, value }) => [name, value]) ?? [])
          expect(stored).toEqual(values)
        }
      }),
      { numRuns: 300 },
    )
  })
})

describe('giant lines', () => {
  const giant = 1_048_576
  it.each([
    ['a row of the longest length', Buffer.concat([Buffer.from('1,'), Buffer.alloc(giant - 2, 'x')]), 1],
    ['a row one byte too long', Buffer.concat([Buffer.from('1,'), Buffer.alloc(giant - 1, 'x')]), 1],
    ['a row far too long', Buffer.concat([Buffer.from('1,'), Buffer.alloc(giant * 3, 'x')]), 1],
    ['a line of blanks, just blank', Buffer.alloc(giant, ' '), 0],
    ['a line of blanks too long to be looked at', Buffer.alloc(giant + 1, ' '), 1],
    [
      'a comment too long to be one',
      Buffer.concat([Buffer.from('# line '), Buffer.alloc(giant * 2, 'x')]),
      1,
    ],
    ['commas without end', Buffer.concat([Buffer.from('1'), Buffer.alloc(giant - 1, ',')]), 1],
  ])('%s is one line between its neighbours', (_title, line, count) => {
    for (const lineEnd of ['\n', '\r\n']) {
      const bytes = Buffer.concat([
        Buffer.from(`batch=pcId,a${lineEnd}7,x${lineEnd}`),
        line,
        Buffer.from(`${lineEnd}8,y`),
      ])
      const counter = new RowCounter()
      const { rowsStart } = readHeader(readerOf(bytes))
      for (let at = rowsStart; at < bytes.length; at += 65_521)
        counter.push(bytes.subarray(at, Math.min(at + 65_521, bytes.length)))
      counter.end()

      const plain = parsePlainly(bytes)
      const parsed = parseByBytes(bytes, plain.rows.length)

      expect(counter.rows).toBe(2 + count)
      expect(parsed.map(({ line: at }) => at)).toEqual(plain.rows.map(({ line: at }) => at))
      expect(parsed.map(({ fault }) => fault === undefined)).toEqual(
        plain.rows.map(({ fault }) => fault === undefined),
      )
      expect(
        Array.from(lineWindows(readerOf(bytes), readHeader(readerOf(bytes))), (place) => place.line).at(-1),
      ).toBe(4)
    }
  })
})
