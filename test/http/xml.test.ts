import { expect, it } from 'vitest'
import { writeM2Response } from '../../src/wire/m2-response.ts'
import { xmlText } from '../../src/wire/xml.ts'

it.each([
  ['a & b < c > d', 'a &amp; b &lt; c &gt; d'],
  ['"quoted" \'text\'', '"quoted" \'text\''],
  ['line\nand\ttab', 'line\nand\ttab'],
  ['carriage\rreturn', 'carriage&#13;return'],
  ['\0\u0008\u000b\u001f\ufffe\uffff', '\ufffd'.repeat(6)],
  ['\ud800 half', '\ufffd half'],
  ['whole 😀', 'whole 😀'],
])('the text %j stands in XML as %j', (text, xml) => {
  expect(xmlText(text)).toBe(xml)
})

it('a reply has the same facts in both forms; those beyond the documented elements only in JSON', () => {
  const elements = { success: true, batchSize: 3, message: 'a & b' }
  const beyond = { outcome: 'updated', problem: undefined }

  expect(writeM2Response('xml', elements, beyond)).toBe(
    '<response><success>true</success><batchSize>3</batchSize><message>a &amp; b</message></response>',
  )
  expect(writeM2Response('json', elements, beyond)).toBe(
    '{"success":true,"batchSize":3,"message":"a & b","outcome":"updated"}',
  )
})
