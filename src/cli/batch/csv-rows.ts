import { isUtf8 } from 'node:buffer'
import { lineBytesMax } from '../../domain/batches/lines.ts'
import { Refusal } from '../../lib/errors.ts'
import { parseId } from '../../model/visitor-id.ts'
import { chooseColumns, writeHeader, type ColumnChoice, type Columns } from './columns.ts'
import { readCsvRecords, type CsvOptions, type CsvPiece, type CsvRecord } from './csv-records.ts'
import { encodeCell, isPlain } from './encode-cell.ts'
import type { RowPiece, RowSource } from './rows.ts'

export interface CsvChoice extends CsvOptions, ColumnChoice {
  /** Most bytes of an upload: a row that does not fit is refused. */
  readonly bytesMax: number
  /** Told of each record that becomes no row. */
  readonly onRejected: (rejected: Rejected) => void
}

/** Why a record becomes no row. */
interface Fault {
  readonly fault: string
}

/** A record that becomes no row, in its own bytes. */
export interface Rejected {
  readonly line: number
  readonly fault: string
  readonly raw: Buffer
}

/** A CSV file as rows of batches. */
export interface CsvRows extends RowSource {
  /** The file's own first line, for a file of those records that became no rows. */
  readonly rawHeader: Buffer
}

/**
 * Makes rows of a batch of the records of a CSV file, one of each, in their order.
 *
 * A record that would fail by itself becomes no row but is told of, with its line: one that cannot
 * be read, has more or fewer cells than the header, no id or a faulty one, or bytes that are no UTF-8.
 * An empty cell stays empty, and so changes nothing.
 *
 * @throws Refusal `batch_invalid` for a header that makes no batch
 */
export async function readCsvRows(chunks: AsyncIterable<Uint8Array>, choice: CsvChoice): Promise<CsvRows> {
  const pieces = readCsvRecords(chunks, choice)
  for (;;) {
    const { done, value: piece } = await pieces.next()
    if (done) throw new Refusal('batch_invalid', 'The file is empty; it must begin with a header.')
    const [head, ...rest] = piece.records
    if (head === undefined) continue
    const columns = chooseColumns(headerNames(head), choice, head.line)
    const header = writeHeader(columns)
    const rows = new RowWriter(columns, choice, header.length)
    return {
      header,
      rawHeader: rawOf(piece, head),
      rows: convert(rows, { bytes: piece.bytes, records: rest }, pieces),
    }
  }
}

async function* convert(
  rows: RowWriter,
  first: CsvPiece,
  following: AsyncGenerator<CsvPiece>,
): AsyncGenerator<RowPiece> {
  try {
    yield rows.write(first)
    for await (const piece of following) yield rows.write(piece)
  } finally {
    await following.return(undefined)
  }
}

function headerNames({ cells, fault, line }: CsvRecord): string[] {
  if (cells === undefined) throw new Refusal('batch_invalid', `Line ${line}: the header: ${fault}.`)
  return cells.map((cell, index) => {
    const bytes = Buffer.from(cell, 'latin1')
    if (isUtf8(bytes)) return bytes.toString()
    throw new Refusal('batch_invalid', `Line ${line}, column ${index + 1} of the header: ${notUtf8}.`)
  })
}

const notUtf8 = 'the bytes are no UTF-8; name the encoding, as in --encoding windows-1252'

class RowWriter {
  readonly #columns: Columns
  readonly #choice: CsvChoice
  readonly #rowBytesMax: number

  constructor(columns: Columns, choice: CsvChoice, headerBytes: number) {
    this.#columns = columns
    this.#choice = choice
    this.#rowBytesMax = Math.min(lineBytesMax + 1, choice.bytesMax - headerBytes)
  }

  write(piece: CsvPiece): RowPiece {
    const ends: number[] = []
    const lines: number[] = []
    let text = ''
    for (const record of piece.records) {
      const row = this.#writeRow(record)
      if (typeof row === 'string') {
        text += row
        ends.push(text.length)
        lines.push(record.line)
      } else {
        this.#choice.onRejected({ line: record.line, fault: row.fault, raw: rawOf(piece, record) })
      }
    }
    return { bytes: Buffer.from(text, 'latin1'), ends, lines }
  }

  #writeRow({ cells, fault = '' }: CsvRecord): string | Fault {
    if (cells === undefined) return { fault }
    const { header, indexes, keyIndex } = this.#columns
    if (cells.length !== header.length) {
      return { fault: `${cells.length} cells, but the header has ${header.length}` }
    }
    let row = ''
    for (let i = -1; i < indexes.length; i++) {
      const index = i < 0 ? keyIndex : indexes[i]!
      const cell = cells[index]!
      if (i >= 0) row += ','
      if (isPlain(cell)) row += cell
      else if (isUtf8(Buffer.from(cell, 'latin1'))) row += encodeCell(cell)
      else return this.#inColumn(index, notUtf8)
    }
    const idFault = this.#idFaultOf(cells[keyIndex]!)
    if (idFault !== undefined) return this.#inColumn(keyIndex, idFault)
    if (row.length < this.#rowBytesMax) return `${row}\n`
    return { fault: `the row is longer than ${this.#rowBytesMax - 1} bytes` }
  }

  #idFaultOf(cell: string): string | undefined {
    const text = isPlain(cell) ? cell : Buffer.from(cell, 'latin1').toString()
    const id = parseId(this.#columns.key === 'pcId' ? 'tntId' : 'thirdPartyId', text)
    if (id === undefined) return 'missing id'
    return typeof id === 'string' ? undefined : `the id ${id.fault}`
  }

  #inColumn(index: number, fault: string): Fault {
    return { fault: `column ${index + 1}, ${JSON.stringify(this.#columns.header[index])}: ${fault}` }
  }
}

function rawOf({ bytes }: CsvPiece, { start, end }: CsvRecord): Buffer {
  return Buffer.from(bytes.subarray(start, end))
}
