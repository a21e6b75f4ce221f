import { expect, it } from 'vitest'
import { call, completed, fetchValues, upload } from './support/calls.ts'
import { makeDirectory, startServer } from './support/server.ts'

it('failed rows come back as an upload, which is mended and posted again', async () => {
  const { url } = await startServer({ directory: makeDirectory() })
  const batchId = await upload(
    url,
    [
      'batch=thirdPartyId,plan,city',
      'ann,gold,Oslo',
      'bob,%zz,Rome',
      ',gold,Paris',
      '',
      'cy,free,Bern,more',
      'dee,,%C3%85s',
    ].join('\n'),
  )

  const status = await completed(url, batchId)
  const failed = await call(`${url}/m2/demo/profile/batchStatus?batchId=${batchId}&failedRows=true`)
  const mended = failed.text
    .replace('bob,%zz', 'bob,gold')
    .replace('\n,gold', '\neve,gold')
    .replace(',more', '')
  const again = await completed(url, await upload(url, mended))

  expect(status).toEqual({
    status: 'complete',
    batchSize: 5,
    consumedCount: 5,
    successfulUpdates: 2,
    profilesNotFound: 0,
    failedUpdates: 3,
  })
  expect(failed.headers.get('content-type')).toBe('text/plain;charset=UTF-8')
  expect(failed.text).toBe(
    [
      'batch=thirdPartyId,plan,city',
      'bob,%zz,Rome',
      '# line 3, column plan: malformed escape %zz',
      ',gold,Paris',
      '# line 4, column thirdPartyId: missing id',
      'cy,free,Bern,more',
      '# line 6, column 4: more values than the 3 columns of the header',
      '',
    ].join('\n'),
  )
  expect(again).toMatchObject({ batchSize: 3, successfulUpdates: 3, failedUpdates: 0 })
  expect(await fetchValues(url, 'thirdPartyId/ann')).toEqual({ plan: 'gold', city: 'Oslo' })
  expect(await fetchValues(url, 'thirdPartyId/bob')).toEqual({ plan: 'gold', city: 'Rome' })
  expect(await fetchValues(url, 'thirdPartyId/eve')).toEqual({ plan: 'gold', city: 'Paris' })
  expect(await fetchValues(url, 'thirdPartyId/cy')).toEqual({ plan: 'free', city: 'Bern' })
  expect(await fetchValues(url, 'thirdPartyId/dee')).toEqual({ city: 'Ås' })
})

it('failed rows outlive SIGKILL', async () => {
  const directory = makeDirectory()
  const first = await startServer({ directory })
  const batchId = await upload(first.url, 'batch=pcId,a\n1,%4\n2,ok\n')
  await completed(first.url, batchId)
  await first.stop('SIGKILL')

  const second = await startServer({ directory })
  const { text } = await call(`${second.url}/m2/demo/profile/batchStatus?batchId=${batchId}&failedRows=true`)

  expect(text).toBe('batch=pcId,a\n1,%4\n# line 2, column a: malformed escape %4\n')
})
