import { expect, it } from 'vitest'
import { PassThrough } from 'node:stream'
import { Print } from '../../src/cli/print.ts'

/** A printer and what it has written. */
function startPrint(isJson = false) {
  const stdout = new PassThrough({ encoding: 'utf8' })
  const stderr = new PassThrough({ encoding: 'utf8' })
  return { print: new Print({ stdout, stderr }, isJson), out: () => String(stdout.read() ?? ''), stderr }
}

it('aligns the columns of a table, also under wide and combining characters', () => {
  const { print, out } = startPrint()
  const rows = [
    { name: '東京', count: 1 },
    { name: 'Zoe\u0308', count: 22 },
    { name: '🚲', count: 3 },
  ]

  print.table({}, rows, { NAME: ({ name }) => name, COUNT: ({ count }) => count, EMPTY: () => undefined }, '')

  expect(out()).toBe('NAME  COUNT  EMPTY\n東京  1      -\nZoe\u0308   22     -\n🚲    3      -\n')
})

it('says that there is nothing where a table would have no rows, but not in JSON', () => {
  const text = startPrint()
  const json = startPrint(true)

  for (const { print } of [text, json]) print.table({ users: [] }, [], {}, 'There is nobody.')

  expect(text.out()).toBe('There is nobody.\n')
  expect(JSON.parse(json.out())).toEqual({ users: [] })
})

it('leaves out fields that are undefined, and shows a line of each other', () => {
  const { print, out } = startPrint()

  print.fields({}, { Token: 'slh_1', 'Expires in': '90 d', Used: undefined, Note: 'two\nlines' })

  expect(out()).toBe('Token:       slh_1\nExpires in:  90 d\nNote:        two\\nlines\n')
})
