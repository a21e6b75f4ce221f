/**
 * The upload format as decisions §5 words it, written for reading and not for speed: whole texts,
 * split and matched. What the byte-level parser does is measured against it.
 */
export interface PlainRow {
  readonly line: number
  readonly text: string
  readonly id?: string
  readonly values?: Readonly<Record<string, string>>
  readonly fault?: string
}

/** Texts are bytes as latin1 characters, so that nothing is lost before it is judged. */
export function parsePlainly(upload: Buffer): { readonly key: string; readonly rows: readonly PlainRow[] } {
  const lines = upload.toString('latin1').split('\n')
  const ended = lines.map((line) => line.replace(/\r$/, ''))
  const header = (ended[0] ?? '').replace(/^\xef\xbb\xbf/, '').replace(/^batch=/, '')
  const [key = '', ...names] = header.split(',').map((cell) => decode(trim(cell)).text ?? '')
  const rows = ended
    .map((text, index) => ({ text, line: index + 1 }))
    .slice(1)
    .filter(({ text }) => text.length > 1_048_576 || (!/^[ \t]*$/.test(text) && !text.startsWith('# line ')))
    .map((row) => ({ ...row, ...parseCells(row.text, key, names) }))
  return { key, rows }
}

function parseCells(text: string, key: string, names: readonly string[]): Omit<PlainRow, 'line' | 'text'> {
  if (text.length > 1_048_576) return { fault: 'long' }
  const [idCell = '', ...cells] = text.split(',').map(trim)
  const id = decode(idCell)
  if (id.text === undefined) return { fault: 'id' }
  if (id.text.trim() === '') return { fault: 'missing id' }
  const stripped = key === 'pcId' ? id.text.replace(/\.\d+_\d+$/, '') : id.text
  if (stripped === '') return { fault: 'missing id' }
  if (key === 'pcId' && (stripped.includes('.') || Array.from(stripped).length > 128)) return { fault: 'id' }
  if (key !== 'pcId' && (/[+/]/.test(stripped) || Array.from(stripped).length > 256)) return { fault: 'id' }
  const values: Record<string, string> = {}
  for (const [index, cell] of cells.entries()) {
    if (cell === '') continue
    const name = names[index]
    if (name === undefined) return { fault: 'more values' }
    const value = decode(cell)
    if (value.text === undefined) return { fault: name }
    values[name] = value.text
  }
  return { id: stripped, values }
}

function trim(cell: string): string {
  return cell.replace(/^[ \t]+|[ \t]+$/g, '')
}

function decode(cell: string): { readonly text?: string } {
  if (/%(?![0-9a-fA-F]{2})/.test(cell)) return {}
  const bytes = cell
    .replaceAll('+', ' ')
    .replace(/%(..)/g, (_, hex: string) => String.fromCharCode(parseInt(hex, 16)))
  try {
    return {
      text: new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(Buffer.from(bytes, 'latin1')),
    }
  } catch {
    return {}
  }
}
