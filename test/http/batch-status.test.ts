import { describe, expect, it } from 'vitest'
import { batchIdOf, messageOf, startApp } from './start-app.ts'

const upload = 'batch=thirdPartyId,plan,ltv\nada,gold,10\nbob,free,%zz\nbad%2Bid,,7\n'
const json = { accept: 'application/json' }

describe('the status of a batch', () => {
  it('is answered with the documented elements byte for byte, incomplete and complete', async () => {
    const { post, get, applyBatches } = await startApp()
    const batchId = batchIdOf(await post('/m2/demo/v2/profile/batchUpdate', upload))
    const url = `/m2/demo/profile/batchStatus?batchId=${batchId}`

    const before = await get(url)
    await applyBatches()
    const after = await get(url)

    expect(before.headers['content-type']).toBe('text/xml;charset=UTF-8')
    expect(before.body).toBe(
      `<response><batchId>${batchId}</batchId><status>incomplete</status><batchSize>3</batchSize></response>`,
    )
    expect(after.body).toBe(
      `<response><batchId>${batchId}</batchId><status>complete</status><batchSize>3</batchSize></response>`,
    )
  })

  it('shows the documented details byte for byte', async () => {
    const { post, get, applyBatches } = await startApp()
    const batchId = batchIdOf(await post('/m2/demo/v2/profile/batchUpdate', upload))
    await applyBatches()

    const reply = await get(`/m2/demo/profile/batchStatus?batchId=${batchId}&showDetails=true`)

    expect(reply.body).toBe(
      `<response><batchId>${batchId}</batchId><status>complete</status><batchSize>3</batchSize>` +
        '<consumedCount>3</consumedCount><successfulUpdates>1</successfulUpdates>' +
        '<profilesNotFound>0</profilesNotFound><failedUpdates>2</failedUpdates></response>',
    )
  })

  it('shows in JSON what became of the successful rows, too', async () => {
    const { post, get, applyBatches } = await startApp()
    const batchId = batchIdOf(await post('/m2/demo/v2/profile/batchUpdate', upload))
    await applyBatches()

    const reply = await get(`/m2/demo/profile/batchStatus?batchId=${batchId}&showDetails=true`, json)

    expect(reply.body).toBe(
      `{"batchId":"${batchId}","status":"complete","batchSize":3,"consumedCount":3,"successfulUpdates":1,` +
        '"profilesNotFound":0,"failedUpdates":2,"created":1,"updated":0,"unchanged":0}',
    )
  })

  it('is answered at legacy links, with /v2/ and m2Node', async () => {
    const { post, get } = await startApp()
    const batchId = batchIdOf(await post('/m2/demo/v2/profile/batchUpdate', upload))

    const reply = await get(`/m2/demo/v2/profile/batchStatus?batchId=${batchId}&m2Node=00`)

    expect(reply.statusCode).toBe(200)
    expect(reply.body).toContain(`<batchId>${batchId}</batchId>`)
  })

  it('is answered by the link of the reply', async () => {
    const { post, get } = await startApp()
    const accepted = await post('/m2/demo/v2/profile/batchUpdate', upload)
    const link = new URL(/<batchStatus>(.*)<\/batchStatus>/.exec(accepted.body)?.[1] ?? '')

    const reply = await get(link.pathname + link.search, { host: link.host })

    expect(reply.statusCode).toBe(200)
  })

  it.each(['demo-1701473848678-13029383', 'x', 'demo-1-1/..', '😀', 'x'.repeat(10_000)])(
    '404 answers for the unknown batch %.40s',
    async (batchId) => {
      const { get } = await startApp()

      const url = `/m2/demo/profile/batchStatus?batchId=${encodeURIComponent(batchId)}`
      const replies = [await get(url), await get(`${url}&failedRows=true`)]

      expect(replies.map(({ statusCode }) => statusCode)).toEqual([404, 404])
      expect(replies[0]!.body).toContain(
        '<response><success>false</success><message>Client demo has no batch ',
      )
    },
  )

  it('404 answers for a batch of another client', async () => {
    const { context, post, get } = await startApp()
    await context.clients.ensure('acme', 14)
    const batchId = batchIdOf(await post('/m2/demo/v2/profile/batchUpdate', upload))

    const replies = [
      await get(`/m2/acme/profile/batchStatus?batchId=${batchId}`),
      await get(`/m2/acme/profile/batchStatus?batchId=${batchId}&failedRows=true`),
    ]

    expect(replies.map(({ statusCode }) => statusCode)).toEqual([404, 404])
  })

  it('400 asks for the batch id where none is given', async () => {
    const { get } = await startApp()

    const reply = await get('/m2/demo/profile/batchStatus?batchId=')

    expect(reply.statusCode).toBe(400)
    expect(messageOf(reply)).toContain('The parameter batchId is missing')
  })
})

describe('the failed rows of a batch', () => {
  it('are text that is itself an upload, each row followed by what was wrong with it', async () => {
    const { post, get, applyBatches } = await startApp()
    const batchId = batchIdOf(await post('/m2/demo/v2/profile/batchUpdate', upload))
    await applyBatches()

    const reply = await get(`/m2/demo/profile/batchStatus?batchId=${batchId}&failedRows=true`)

    expect(reply.statusCode).toBe(200)
    expect(reply.headers['content-type']).toBe('text/plain;charset=UTF-8')
    expect(reply.body).toContain(
      'batch=thirdPartyId,plan,ltv\nbob,free,%zz\n# line 3, column ltv: malformed escape %zz\n',
    )
  })

  it('are an upload that is taken when mended', async () => {
    const { post, get, applyBatches, fetch } = await startApp()
    const batchId = batchIdOf(await post('/m2/demo/v2/profile/batchUpdate', upload))
    await applyBatches()
    const failed = await get(`/m2/demo/profile/batchStatus?batchId=${batchId}&failedRows=true`)

    await post('/m2/demo/v2/profile/batchUpdate', failed.body.replace('%zz', '20'))
    await applyBatches()

    expect(await fetch('thirdPartyId/bob')).toEqual({ plan: 'free', ltv: '20' })
  })

  it('are the header alone where no row failed', async () => {
    const { post, get, applyBatches } = await startApp()
    const batchId = batchIdOf(await post('/m2/demo/v2/profile/batchUpdate', 'batch=pcId,a\n1,2\n'))
    await applyBatches()

    const reply = await get(`/m2/demo/profile/batchStatus?batchId=${batchId}&failedRows=true`)

    expect(reply.body).toBe('batch=pcId,a\n')
  })
})
