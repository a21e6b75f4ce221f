import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import type { Client } from '../../src/domain/clients/directory.ts'
import type { Store } from '../../src/store/store.ts'
import { testContext, upload, type TestContext } from '../support/context.ts'
import { stores } from '../support/stores.ts'

describe.each(stores)('uploads over the %s store', (_, open) => {
  let store: Store
  let context: TestContext
  let client: Client
  beforeEach(async () => {
    store = await open()
    context = testContext(store, { batchBytesMax: 5_000, batchRowsMax: 10 })
    client = await context.clients.ensure('demo', 14)
  })
  afterEach(() => store.close())

  const longName = 'n'.repeat(251)
  it.each([
    ['an empty body', '', 'batch_invalid', 'must begin with "batch="'],
    ['no batch= at the start', 'pcId,a\n1,1', 'batch_invalid', 'must begin with "batch="'],
    ['a blank before batch=', ' batch=pcId,a\n1,1', 'batch_invalid', 'must begin with "batch="'],
    ['an unknown key', 'batch=mbox3rdPartyId,a\n1,1', 'batch_invalid', 'it must be pcId or thirdPartyId'],
    ['a key in other letters', 'batch=pcid,a\n1,1', 'batch_invalid', 'it must be pcId or thirdPartyId'],
    ['an empty header', 'batch=pcId,a,,b\n1,1', 'batch_invalid', 'column 3 of the header, "", is empty'],
    [
      'a duplicate header',
      'batch=pcId,a,%61\n1,1',
      'batch_invalid',
      'column 3 of the header, "a", is there twice',
    ],
    ['a profile. prefix', 'batch=pcId,profile.a\n1,1', 'batch_invalid', 'leave out the prefix "profile."'],
    ['a header of the key alone', 'batch=pcId\n1', 'batch_invalid', 'add at least one attribute'],
    ['no rows', 'batch=pcId,a\n\n  \t\n# line 3: x\n', 'batch_invalid', 'has no rows'],
    ['no rows and no line feed', 'batch=pcId,a', 'batch_invalid', 'has no rows'],
    ['firstSessionStart', 'batch=pcId,firstSessionStart\n1,1', 'batch_invalid', 'is set by the service'],
    [
      'bad UTF-8 in the header',
      'batch=pcId,%ff\n1,1',
      'batch_invalid',
      'column 2 of the header: invalid UTF-8',
    ],
    ['a bad escape in the header', 'batch=pcId,a%4\n1,1', 'batch_invalid', 'malformed escape %4'],
    [
      'a name that is too long',
      `batch=pcId,${longName}\n1,1`,
      'batch_invalid',
      'is longer than 250 characters',
    ],
    ['a control character', 'batch=pcId,a%0Ab\n1,1', 'batch_invalid', 'holds a control character'],
    [
      'exactly the bytes of the limit',
      `batch=pcId,a\n1,${'x'.repeat(5_000 - 15)}`,
      'batch_too_large',
      'smaller than 5000 bytes',
    ],
    ['a row too many', `batch=pcId,a\n${'1,1\n'.repeat(11)}`, 'batch_rows_too_many', 'more than 10 rows'],
  ])('refuses %s as a whole and leaves nothing behind', async (_title, body, code, message) => {
    const refused = upload(context, client, body)

    await expect(refused).rejects.toMatchObject({ code, message: expect.stringContaining(message) })
    expect(await store.batches.head('demo')).toBeUndefined()
    expect(await store.spool.list(Number.MAX_SAFE_INTEGER)).toEqual([])
  })

  it.each([
    ['a byte order mark', '\ufeffbatch=pcId,a\n1,1', 1],
    ['CRLF', 'batch=pcId,a\r\n1,1\r\n2,2\r\n', 2],
    ['blanks around header cells', 'batch= pcId , a ,\tb\n1,1', 1],
    ['the most rows', `batch=pcId,a\n${'1,1\n'.repeat(10)}`, 10],
    ['one byte below the limit', `batch=pcId,a\n1,${'x'.repeat(5_000 - 16)}`, 1],
    ['a name of 250 characters', `batch=pcId,${longName.slice(1)}\n1,1`, 1],
    ['comments and blank lines between rows', 'batch=pcId,a\n\n1,1\n# line 2: x\n# other,1\n \n', 2],
    ['an attribute named like the other key', 'batch=thirdPartyId,pcId\n1,1', 1],
  ])('takes %s', async (_title, body, rows) => {
    for (const size of [1, 2, 3, 7, 100_000]) {
      const bytes = Buffer.from(body)
      const pieces = Array.from({ length: Math.ceil(bytes.length / size) }, (_unused, i) =>
        bytes.subarray(i * size, (i + 1) * size),
      )
      const batch = await upload(context, client, pieces)

      expect(batch).toMatchObject({ rows, bytes: bytes.length, client: 'demo', version: 2 })
      expect(batch.batchId).toMatch(/^demo-\d{13}-\d{8}$/)
    }
  })

  it('leaves nothing behind when the body breaks off', async () => {
    async function* broken() {
      yield Buffer.from('batch=pcId,a\n1,1\n')
      throw new Error('gone')
    }
    const { acceptBatch } = await import('../../src/domain/batches/accept.ts')

    await expect(acceptBatch(context, { client, version: 2, body: broken() })).rejects.toThrow('gone')

    expect(await store.batches.head('demo')).toBeUndefined()
    expect(await store.spool.list(Number.MAX_SAFE_INTEGER)).toEqual([])
  })
})
