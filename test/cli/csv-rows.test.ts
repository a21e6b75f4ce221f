import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { parseKeyChoice } from '../../src/cli/batch/columns.ts'
import { readCsvRows, type CsvChoice, type Rejected } from '../../src/cli/batch/csv-rows.ts'
import { Splitter } from '../../src/cli/batch/parts.ts'
import { partLimitsDefault, type PartLimits } from '../../src/cli/batch/rows.ts'
import { toUtf8 } from '../../src/cli/batch/source.ts'
import { Refusal } from '../../src/lib/errors.ts'
import { parseUpload, piecesOf } from './support.ts'

interface Given extends Partial<Pick<CsvChoice, 'columns' | 'delimiter' | 'trim'>> {
  readonly key?: string
  readonly limits?: PartLimits
  readonly encoding?: string
  /** Lengths of the pieces that the file comes in. */
  readonly cuts?: readonly number[]
}

/** Converts a file; what comes out are whole uploads, and the records that became no rows. */
async function convert(csv: string | Buffer, given: Given = {}) {
  const { key = 'id=thirdPartyId', limits = partLimitsDefault, encoding, cuts, ...options } = given
  const rejected: Rejected[] = []
  const source = await readCsvRows(toUtf8(piecesOf(Buffer.from(csv), cuts), encoding), {
    ...options,
    key: parseKeyChoice(key) ?? { column: key, key: 'pcId' },
    bytesMax: limits.bytesMax,
    onRejected: (one) => rejected.push(one),
  })
  const splitter = new Splitter(source, limits)
  const parts: Buffer[] = []
  for (let part = await splitter.next(); part; part = await splitter.next()) {
    const pieces: Buffer[] = []
    for await (const piece of splitter.read(part)) pieces.push(piece)
    parts.push(Buffer.concat(pieces))
    expect(part.bytes).toBe(parts.at(-1)?.length)
  }
  const faults = rejected.map(({ line, fault }) => ({ line, fault }))
  return { parts, rejected, faults, texts: parts.map(String), rawHeader: source.rawHeader }
}

const rename = 'rename it (--columns OLD=NEW) or leave it out.'

async function refusalOf(work: Promise<unknown>): Promise<string> {
  try {
    await work
  } catch (error) {
    if (error instanceof Refusal) return error.message
    throw error
  }
  throw new Error('it was not refused')
}

describe('a CSV file', () => {
  it('becomes a batch whose cells are percent-encoded, with all columns but the key as attributes', async () => {
    const csv = 'plan,id,city\ngold,1,"Oslo, ""Sentrum"""\n,2,"two\nlines"\nå+b%,3,a b\n'

    const { texts, faults } = await convert(csv)

    expect(texts).toEqual([
      'batch=thirdPartyId,plan,city\n' +
        '1,gold,Oslo%2C%20%22Sentrum%22\n' +
        '2,,two%0Alines\n' +
        '3,%C3%A5%2Bb%25,a%20b\n',
    ])
    expect(faults).toEqual([])
  })

  it('takes the chosen columns in the chosen order, by new names where given', async () => {
    const csv = 'id,"Plan, name",a=b,unused,\n1,gold,x,y,z\n'

    const { texts } = await convert(csv, {
      key: 'id=pcId',
      columns: ['a=b', 'Plan, name=plan', 'id=crmId', 'unused=ÆØÅ'],
    })

    expect(texts).toEqual(['batch=pcId,a%3Db,plan,crmId,%C3%86%C3%98%C3%85\n1,x,gold,1,y\n'])
  })

  it.each<[string, Given, string]>([
    ['\ufeffid,a\r\n1,x\r\n\r\n2,"y\r\nz"\r\n', {}, '1,x\n2,y%0D%0Az\n'],
    ['id;a\n1;"x;y"', { delimiter: ';' }, '1,x%3By\n'],
    ['id\ta\r\n1\tx', { delimiter: '\t' }, '1,x\n'],
    ['id¦a\n1¦x', { delimiter: '¦' }, '1,x\n'],
    ['id , a\n 1 , "x " \n', { trim: true }, '1,x%20\n'],
    ['\n\nid,a\n\n,\n1,x\n \n,,\n"",""\n2,\n', {}, '1,x\n2,\n'],
    ['id,a\n# line 3,x\n', {}, '%23%20line%203,x\n'],
  ])('%j is read as RFC 4180 says', async (csv, given, rows) => {
    const { texts } = await convert(csv, given)

    expect(texts).toEqual([`batch=thirdPartyId,a\n${rows}`])
  })

  it.each([
    ['utf-16le', undefined, Buffer.from('\ufeffid,a\r\n1,æ€\r\n', 'utf16le')],
    ['utf-16be', undefined, Buffer.from('\ufeffid,a\r\n1,æ€\r\n', 'utf16le').swap16()],
    ['windows-1252', 'windows-1252', Buffer.from('id,a\r\n1,\xe6\x80\r\n', 'latin1')],
  ])('in %s becomes UTF-8', async (_, encoding, bytes) => {
    const { texts } = await convert(bytes, { ...(encoding && { encoding }), cuts: [5, 3] })

    expect(texts).toEqual(['batch=thirdPartyId,a\n1,%C3%A6%E2%82%AC\n'])
  })

  it('loses no record that becomes no row: each comes back in its bytes, with line, column and reason', async () => {
    const records = [
      'id,a\r\n',
      '1,x,extra\r\n',
      '2\r\n',
      ',x\r\n',
      'a+b,x\r\n',
      '3,"two\r\nlines"\r\n',
      '4,x"y\r\n',
      '5,"x"y\r\n',
      '6,\xff\r\n',
      '7,"open\r\n8,"x"\r\n',
      `9,${'w'.repeat(1_048_580)}\r\n`,
      '10,x\r\n',
      '11,"never closed\r\n12,x\r\n',
    ]

    const { texts, faults, rejected, rawHeader } = await convert(Buffer.from(records.join(''), 'latin1'))

    expect(texts).toEqual(['batch=thirdPartyId,a\n3,two%0D%0Alines\n10,x\n'])
    expect(faults).toEqual([
      { line: 2, fault: '3 cells, but the header has 2' },
      { line: 3, fault: '1 cells, but the header has 2' },
      { line: 4, fault: 'column 1, "id": missing id' },
      {
        line: 5,
        fault:
          'column 1, "id": the id holds "+" or "/", which a thirdPartyId must not; use an id without them',
      },
      { line: 8, fault: 'column 2: a quote stands inside a cell that does not begin with one' },
      { line: 9, fault: 'column 2: text follows a closing quote' },
      {
        line: 10,
        fault: 'column 2, "a": the bytes are no UTF-8; name the encoding, as in --encoding windows-1252',
      },
      { line: 11, fault: 'column 2: text follows a closing quote' },
      { line: 13, fault: 'the row is longer than 1048576 bytes' },
      { line: 15, fault: 'column 2: a quote is not closed' },
    ])
    const kept = [rawHeader, ...rejected.map(({ raw }) => raw)].map((raw) => raw.toString('latin1'))
    expect(kept).toEqual(records.filter((record) => !/^(3|10),/.test(record)))
  })

  it.each<[string, string, Given]>([
    ['', 'The file is empty; it must begin with a header.', {}],
    [
      'id;a\n1;2\n',
      'Line 1: there is no column "id"; the file has "id;a"; if that is several, give --delimiter.',
      {},
    ],
    ['id\n1\n', 'Line 1: the file has no column besides the key; add an attribute.', {}],
    ['id,a,id\n', 'Line 1: columns 1 and 3 are both "id"; give each column a name of its own.', {}],
    ['\nid,a,a\n', 'Line 2: column 3, "a", is there twice, also as column 2; ' + rename, {}],
    ['id,\n', 'Line 1: column 2, "", is empty; give the attribute a name; ' + rename, {}],
    ['id,profile.a\n', 'Line 1: column 2, "profile.a", begins with "profile."; ' + rename, {}],
    [
      'id,firstSessionStart\n',
      'Line 1: column 2, "firstSessionStart", is set by the service and cannot be written; leave it out; ' +
        rename,
      {},
    ],
    ['id,thirdPartyId\n', 'Line 1: column 2, "thirdPartyId", has the name of the key; ' + rename, {}],
    ['id,b\n1,2\n', 'Line 1: there is no column "a"; the file has "id", "b".', { columns: ['a=c'] }],
    ['id,"b\n1,2\n', 'Line 1: the header: column 2: a quote is not closed.', {}],
  ])('%j is refused whole: %s', async (csv, message, given) => {
    expect(await refusalOf(convert(csv, given))).toBe(message)
  })

  it('with a record that has no end is refused at its line, rather than held in memory', async () => {
    const csv = `id,a\n1,x\n2,"${'w\n'.repeat(9 * 1_048_576)}`

    const message = await refusalOf(convert(csv, { cuts: [262_144] }))

    expect(message).toBe(
      'Line 3: the record is longer than 16777216 bytes; is a quote left open, or this no CSV file?',
    )
  })
})

const cellArb = fc.oneof(
  fc.string({ unit: 'grapheme', maxLength: 6 }),
  fc.constantFrom(
    '',
    'gold',
    '"',
    '""',
    ',',
    '\n',
    '\r\n',
    '\r',
    ' ',
    '%41',
    '+',
    '# line 1',
    '\ufeff',
    '=',
    '\t',
  ),
)
const idArb = fc
  .tuple(fc.constantFrom('a', '# line ', 'é', '"', '1,2', 'x\ny', ' '), fc.integer({ min: 0, max: 20 }))
  .map(([text, number]) => `${text}${number}`)
const tableArb = fc.integer({ min: 1, max: 4 }).chain((width) =>
  fc.record({
    names: fc.constant(Array.from({ length: width }, (_, index) => `n${index}`)),
    rows: fc.array(fc.tuple(idArb, fc.tuple(...Array.from({ length: width }, () => cellArb))), {
      minLength: 1,
      maxLength: 30,
    }),
    ending: fc.constantFrom('\n', '\r\n'),
    quoted: fc.boolean(),
    cuts: fc.array(fc.integer({ min: 1, max: 40 }), { minLength: 1, maxLength: 5 }),
    rowsMax: fc.integer({ min: 1, max: 8 }),
    // A row of four cells of the longest characters, with the header before it, takes some 350 bytes.
    bytesMax: fc.integer({ min: 450, max: 700 }),
  }),
)

function writeCsv(records: readonly (readonly string[])[], ending: string, quoted: boolean): string {
  const cell = (text: string) => (quoted || /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text)
  return records.map((cells) => cells.map(cell).join(',') + ending).join('')
}

describe('any table', () => {
  it('written as CSV means the same facts in the same order to the row parser of the service, in parts below both limits', async () => {
    await fc.assert(
      fc.asyncProperty(tableArb, async ({ names, rows, ending, quoted, cuts, rowsMax, bytesMax }) => {
        const csv = writeCsv([['id', ...names], ...rows.map(([id, cells]) => [id, ...cells])], ending, quoted)

        const { parts, rejected } = await convert(csv, { cuts, limits: { rowsMax, bytesMax } })

        const uploads = parts.map((part) => parseUpload(part))
        const facts = rows.map(([id, cells]) => {
          const set = names.map((name, index) => [name, cells[index]]).filter(([, value]) => value !== '')
          return { id, values: Object.fromEntries(set) }
        })
        expect(rejected).toEqual([])
        expect(uploads.flat()).toEqual(facts)
        expect(
          parts.every((part, index) => part.length <= bytesMax && uploads[index]!.length <= rowsMax),
        ).toBe(true)
      }),
      { numRuns: 200 },
    )
  })

  it('of any bytes loses none: what becomes no row comes back in its bytes', async () => {
    const piece = fc.constantFrom('id,a', '\n', '\r\n', '"', '""', ',', '1', 'x', '\n2,y\n', '\xff', ' ')
    await fc.assert(
      fc.asyncProperty(
        fc.array(piece, { maxLength: 40 }),
        fc.array(fc.integer({ min: 1, max: 9 }), { minLength: 1, maxLength: 4 }),
        async (pieces, cuts) => {
          const csv = Buffer.from(`id,a\n${pieces.join('')}`, 'latin1')

          const whole = await convert(csv)
          const cut = await convert(csv, { cuts })

          expect(cut).toEqual(whole)
          for (const { raw } of whole.rejected) expect(csv.includes(raw)).toBe(true)
        },
      ),
      { numRuns: 300 },
    )
  })
})
