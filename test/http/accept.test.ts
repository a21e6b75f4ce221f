import { expect, it } from 'vitest'
import { chooseFormat } from '../../src/http/accept.ts'

it.each([
  [undefined, 'xml'],
  ['', 'xml'],
  ['*/*', 'xml'],
  ['text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8', 'xml'],
  // What axios sends unasked.
  ['application/json, text/plain, */*', 'xml'],
  ['application/*', 'xml'],
  ['application/json, text/xml', 'xml'],
  ['application/json;q=0.5, text/xml', 'xml'],
  ['application/json;q=0, */*;q=0.1', 'xml'],
  ['application/vnd.api+json', 'xml'],
  ['application/json', 'json'],
  ['Application/JSON; charset=utf-8', 'json'],
  ['application/json, */*;q=0.1', 'json'],
  ['application/json, text/xml;q=0.9', 'json'],
  ['application/*, text/xml;q=0.5, application/xml;q=0.5', 'json'],
  ['text/xml;q=0.2,application/json;q=0.3', 'json'],
])('an Accept header %j asks for %s', (accept, format) => {
  expect(chooseFormat(accept)).toBe(format)
})
