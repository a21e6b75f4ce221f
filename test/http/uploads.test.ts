import { Readable } from 'node:stream'
import { brotliCompressSync, gzipSync } from 'node:zlib'
import { describe, expect, it } from 'vitest'
import { batchIdOf, messageOf, startApp } from './start-app.ts'

const upload = 'batch=thirdPartyId,plan,ltv\nada,gold,10\nbob,free,%zz\nbad%2Bid,,7\n'
const json = { accept: 'application/json' }

describe('an upload', () => {
  it('is answered with the documented elements byte for byte', async () => {
    const { post } = await startApp()

    const reply = await post('/m2/demo/v2/profile/batchUpdate', upload, { host: 'demo.example.com' })

    expect(reply.statusCode).toBe(200)
    expect(reply.headers['content-type']).toBe('text/xml;charset=UTF-8')
    const batchId = batchIdOf(reply)
    expect(batchId).toMatch(/^demo-\d{13}-\d+$/)
    expect(reply.body).toBe(
      '<response><success>true</success>' +
        `<batchStatus>http://demo.example.com/m2/demo/profile/batchStatus?batchId=${batchId}</batchStatus>` +
        '<message>Batch submitted for processing</message></response>',
    )
  })

  it('is answered with the same facts as JSON where JSON is preferred', async () => {
    const { post } = await startApp()

    const reply = await post('/m2/demo/v2/profile/batchUpdate', upload, { ...json, host: 'demo.example.com' })

    expect(reply.body).toBe(
      '{"success":true,' +
        `"batchStatus":"http://demo.example.com/m2/demo/profile/batchStatus?batchId=${batchIdOf(reply)}",` +
        '"message":"Batch submitted for processing"}',
    )
  })

  it('creates unknown profiles by v2, and only counts them by v1', async () => {
    const { post, get, fetch, applyBatches } = await startApp()
    const body = 'batch=thirdPartyId,plan\nada,gold\n'

    const first = await post('/m2/demo/profile/batchUpdate', body)
    await applyBatches()
    const missing = await fetch('thirdPartyId/ada')
    await post('/m2/demo/v2/profile/batchUpdate', body)
    await applyBatches()

    expect(missing).toBeUndefined()
    expect(await fetch('thirdPartyId/ada')).toEqual({ plan: 'gold' })
    const status = await get(`/m2/demo/profile/batchStatus?batchId=${batchIdOf(first)}&showDetails=true`)
    expect(status.body).toContain('<profilesNotFound>1</profilesNotFound>')
  })

  it.each([
    'text/csv',
    'multipart/form-data',
    'application/json',
    'nonsense',
    '',
    'application/x-www-form-urlencoded',
  ])('is taken with Content-Type "%s"', async (type) => {
    const { post } = await startApp()

    const reply = await post('/m2/demo/v2/profile/batchUpdate', upload, { 'content-type': type })

    expect(reply.statusCode).toBe(200)
  })

  it.each<[string, (text: string) => Buffer]>([
    ['gzip', gzipSync],
    ['x-gzip', gzipSync],
    ['GZIP', gzipSync],
    ['br', brotliCompressSync],
    ['identity', (text) => Buffer.from(text)],
  ])('is decoded by Content-Encoding %s', async (encoding, encode) => {
    const { post, applyBatches, fetch } = await startApp()

    const reply = await post('/m2/demo/v2/profile/batchUpdate', encode(upload), {
      'content-encoding': encoding,
    })
    await applyBatches()

    expect(reply.statusCode).toBe(200)
    expect(await fetch('thirdPartyId/ada')).toEqual({ plan: 'gold', ltv: '10' })
  })

  const gzipped = gzipSync(upload)
  it.each<[string, string, Buffer, string]>([
    [
      'truncated',
      'gzip',
      gzipped.subarray(0, -9),
      'The body is not valid gzip (unexpected end of file); compress it again.',
    ],
    [
      'not compressed',
      'gzip',
      Buffer.from(upload),
      'The body is not valid gzip (incorrect header check); compress it again.',
    ],
    [
      'damaged',
      'gzip',
      Buffer.concat([gzipped.subarray(0, -6), Buffer.alloc(6)]),
      'The body is not valid gzip (incorrect data check); compress it again.',
    ],
    [
      'followed by other bytes',
      'gzip',
      Buffer.concat([gzipped, Buffer.alloc(9)]),
      'The body is not valid gzip (bytes follow its end); compress it again.',
    ],
    [
      'Brotli followed by other bytes',
      'br',
      Buffer.concat([brotliCompressSync(upload), Buffer.from('more')]),
      'The body is not valid br (bytes follow its end); compress it again.',
    ],
    [
      'not Brotli',
      'br',
      Buffer.from(upload),
      'The body is not valid br (Decompression failed); compress it again.',
    ],
    [
      'of another encoding',
      'deflate',
      gzipped,
      'Content-Encoding "deflate" is not known; use gzip, br or none.',
    ],
    [
      'of an encoding with the name of a member of all objects',
      'constructor',
      gzipped,
      'Content-Encoding "constructor" is not known; use gzip, br or none.',
    ],
    ['encoded twice', 'gzip, br', gzipped, 'Content-Encoding "gzip, br" is not known; use gzip, br or none.'],
  ])('400 refuses a body that is %s, and stores nothing', async (_, encoding, body, message) => {
    const { post, context } = await startApp()

    const reply = await post('/m2/demo/v2/profile/batchUpdate', body, { 'content-encoding': encoding })

    expect(reply.statusCode).toBe(400)
    expect(messageOf(reply)).toBe(message)
    expect(await context.store.spool.list(Infinity)).toEqual([])
    expect(await context.store.batches.head('demo')).toBeUndefined()
  })

  it('400 refuses what is no batch in words of the line and column, with the line in JSON', async () => {
    const { post } = await startApp()
    const body = 'batch=thirdPartyId,profile.plan\nada,gold\n'

    const replies = [
      await post('/m2/demo/v2/profile/batchUpdate', body),
      await post('/m2/demo/v2/profile/batchUpdate', body, json),
    ]

    const message = 'Line 1: column 2 of the header, "profile.plan": leave out the prefix "profile.".'
    expect(replies.map(({ statusCode }) => statusCode)).toEqual([400, 400])
    expect(replies[0]!.body).toBe(
      `<response><success>false</success><message>${message}</message></response>`,
    )
    expect(replies[1]!.json()).toEqual({ success: false, message, code: 'batch_invalid', line: 1 })
  })

  it('400 refuses an empty body', async () => {
    const { post } = await startApp()

    const reply = await post('/m2/demo/v2/profile/batchUpdate')

    expect(reply.statusCode).toBe(400)
    expect(messageOf(reply)).toContain('must begin with "batch="')
  })

  it('413 refuses at the limit of decoded bytes, whether announced, streamed or compressed', async () => {
    const { app, post, context } = await startApp({ batchBytesMax: 1_024 })
    const body = `batch=thirdPartyId,plan\n${'ada,gold\n'.repeat(200)}`.slice(0, 1_024)
    const send = (payload: Buffer | Readable | string, headers = {}) =>
      app.inject({ method: 'POST', url: '/m2/demo/v2/profile/batchUpdate', payload, headers })

    const replies = [
      await send(body),
      await send(Readable.from([body]), { 'transfer-encoding': 'chunked' }),
      await send(gzipSync(body), { 'content-encoding': 'gzip' }),
    ]
    const fitting = await post('/m2/demo/v2/profile/batchUpdate', body.slice(0, 1_023))

    expect(replies.map(({ statusCode }) => statusCode)).toEqual([413, 413, 413])
    expect(messageOf(replies[0]!)).toBe(
      'The upload must be smaller than 1024 bytes; split it into several batches.',
    )
    expect(fitting.statusCode).toBe(200)
    expect(await context.store.spool.list(Infinity)).toHaveLength(1)
  })

  it('413 refuses more rows than the limit', async () => {
    const { post } = await startApp({ batchRowsMax: 2 })

    const reply = await post('/m2/demo/v2/profile/batchUpdate', upload)

    expect(reply.statusCode).toBe(413)
    expect(messageOf(reply)).toBe('The upload has more than 2 rows; split it into several batches.')
  })

  it('that decompresses to gigabytes is refused once it has passed the limit', async () => {
    const { post } = await startApp({ batchBytesMax: 1_048_576 })
    // 64 MiB of zeros behind a good beginning: 64 KiB compressed.
    const bomb = gzipSync(Buffer.concat([Buffer.from(upload), Buffer.alloc(67_108_864)]))

    const reply = await post('/m2/demo/v2/profile/batchUpdate', bomb, { 'content-encoding': 'gzip' })

    expect(reply.statusCode).toBe(413)
  })
})
