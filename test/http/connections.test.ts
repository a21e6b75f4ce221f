import { describe, expect, it, vi } from 'vitest'
import { head, openConnection } from './raw-connection.ts'
import { startApp } from './start-app.ts'

const upload = 'batch=thirdPartyId,plan\nada,gold\n'
const updatePost = 'POST /m2/demo/profile/update'
const batchPost = 'POST /m2/demo/v2/profile/batchUpdate'

describe('100 Continue', () => {
  const expecting = (length: number) => ({ 'content-length': length, expect: '100-continue' })

  it('is sent once the body is wanted', async () => {
    const { listen, profile } = await startApp()
    await profile({ tntId: '1' })
    const connection = await openConnection(await listen())
    const body = 'mboxPC=1&profile.a=1'

    await connection.send(head(updatePost, expecting(body.length)))
    const before = await connection.receive('\r\n\r\n')
    await connection.send(body)
    const after = await connection.receive('</response>')

    expect(before).toBe('HTTP/1.1 100 Continue\r\n\r\n')
    expect(after).toContain('HTTP/1.1 200 OK\r\n')
  })

  it('is sent before an upload is read', async () => {
    const { listen } = await startApp()
    const connection = await openConnection(await listen())

    await connection.send(head(batchPost, expecting(upload.length)))
    const before = await connection.receive('\r\n\r\n')
    await connection.send(upload)

    expect(before).toBe('HTTP/1.1 100 Continue\r\n\r\n')
    expect(await connection.receive('</response>')).toContain('Batch submitted for processing')
  })

  it.each([
    ['405', 'PUT /m2/demo/profile/update', 10],
    ['404', 'POST /nowhere', 10],
    ['404', 'POST /m2/nobody/v2/profile/batchUpdate', 10],
    ['413', updatePost, 61_441],
    ['413', batchPost, 52_428_800],
    ['413', 'POST /rest/v1/delivery?client=demo&sessionId=s', 1_048_577],
  ])('is not sent with a refusal: %s comes at once for %s of %i bytes', async (status, line, length) => {
    const { listen } = await startApp()
    const connection = await openConnection(await listen())

    await connection.send(head(line, expecting(length)))
    const reply = await connection.receiveAll()

    expect(reply).toMatch(new RegExp(`^HTTP/1.1 ${status} `))
    expect(reply).toContain('\r\nconnection: close\r\n')
  })
})

describe('a refusal before the body has come', () => {
  it('reaches a client that reads only after it has sent its body', async () => {
    const { listen } = await startApp()
    const connection = await openConnection(await listen())
    connection.pause()

    await connection.send(head('POST /m2/nobody/v2/profile/batchUpdate', { 'content-length': 900_000 }))
    for (let sent = 0; sent < 900_000; sent += 100_000) await connection.send(Buffer.alloc(100_000))
    connection.resume()
    const reply = await connection.receiveAll()

    expect(reply).toMatch(/^HTTP\/1.1 404 Not Found\r\n/)
    expect(reply).toMatch(
      /There is no client "nobody"; check the client code in the address.<\/message><\/response>$/,
    )
  })

  it('is judged by Content-Length: nothing of a body too large has to arrive', async () => {
    const { listen } = await startApp()
    const connection = await openConnection(await listen())

    await connection.send(head(updatePost, { 'content-length': 61_441 }))

    expect(await connection.receive('</response>')).toMatch(/^HTTP\/1.1 413 Payload Too Large\r\n/)
  })

  it('counts a chunked body as it comes', async () => {
    const { listen } = await startApp()
    const connection = await openConnection(await listen())

    await connection.send(head(updatePost, { 'transfer-encoding': 'chunked' }))
    await connection.send(`f000\r\n${'x'.repeat(0xf000)}\r\n1\r\nx\r\n`)

    expect(await connection.receive('</response>')).toMatch(/^HTTP\/1.1 413 /)
  })

  it('closes the connection when the client sends more than is dropped', async () => {
    const { listen } = await startApp()
    const connection = await openConnection(await listen())

    await connection.send(head('POST /nowhere', { 'content-length': 50_000_000 }))
    await connection.receive('check the address')
    for (let sent = 0; sent < 3_000_000; sent += 100_000) void connection.send(Buffer.alloc(100_000))

    expect(await connection.receiveAll()).toMatch(/^HTTP\/1.1 404 /)
  })

  it('closes the connection when the client sends nothing more', async () => {
    const { listen } = await startApp()
    const connection = await openConnection(await listen())

    await connection.send(head('POST /nowhere', { 'content-length': 10 }))

    expect(await connection.receiveAll()).toMatch(/^HTTP\/1.1 404 /)
  })

  it('leaves the connection open where the body has come in full', async () => {
    const { listen } = await startApp()
    const connection = await openConnection(await listen())
    const body = 'profile.a=1'

    await connection.send(head(updatePost, { 'content-length': body.length }) + body)
    await connection.receive('</response>')
    await connection.send(head('GET /rest/v1/profiles/1'))

    expect(await connection.receive('mboxPC=1')).toMatch(/^HTTP\/1.1 400 [^]*\r\nConnection: keep-alive\r\n/)
  })

  it('of a GET with a body answers at once and does not wait for the body', async () => {
    const { listen } = await startApp()
    const connection = await openConnection(await listen())

    await connection.send(head('GET /rest/v1/profiles/1', { 'content-length': 1_000 }))

    expect(await connection.receive('mboxPC=1')).toMatch(/^HTTP\/1.1 404 [^]*\r\nconnection: close\r\n/)
  })
})

describe('what is no request', () => {
  it.each<[string, string, string]>([
    [
      'a header larger than any query that is taken',
      `GET /?${'x'.repeat(200_000)} HTTP/1.1\r\n`,
      'HTTP/1.1 431 Request Header Fields Too Large\r\n',
    ],
    ['malformed HTTP', 'NONSENSE\r\n\r\n', 'HTTP/1.1 400 Bad Request\r\n'],
    ['a malformed header', 'GET / HTTP/1.1\r\nhost demo\r\n\r\n', 'HTTP/1.1 400 Bad Request\r\n'],
    [
      'a malformed chunk of a body',
      `${head(batchPost, { 'transfer-encoding': 'chunked' })}zz\r\n`,
      'HTTP/1.1 400 Bad Request\r\n',
    ],
    [
      'both a length and chunks',
      head(batchPost, { 'transfer-encoding': 'chunked', 'content-length': 5 }),
      'HTTP/1.1 400 Bad Request\r\n',
    ],
  ])('%s is answered in JSON and closed; others are served on', async (_, bytes, statusLine) => {
    const { listen, logged } = await startApp()
    const port = await listen()
    const connection = await openConnection(port)

    await connection.send(bytes)
    const reply = await connection.receiveAll()

    expect(reply.startsWith(statusLine)).toBe(true)
    expect(reply).toMatch(
      /\r\nContent-Type: application\/json;charset=UTF-8\r\n[^]*\r\n\r\n\{"status":4\d\d,"message":"/,
    )
    const other = await openConnection(port)
    await other.send(head('GET /rest/v1/profiles/1'))
    expect(await other.receive('mboxPC=1')).toContain('404')
    expect(logged).toEqual([])
  })

  it('a query of 60 KB in a POST is a request', async () => {
    const { listen, profile } = await startApp()
    await profile({ tntId: '1' })
    const connection = await openConnection(await listen())
    const query = 'mboxPC=1&profile.a='.padEnd(61_440, 'x')

    await connection.send(head(`${updatePost}?${query}`, { 'content-length': 0 }))

    expect(await connection.receive('</response>')).toMatch(/^HTTP\/1.1 200 OK[^]*profile-outcome: updated/)
  })
})

describe('a server that stops', () => {
  it('ends what is in flight and its connection, and answers what comes after with 503 in its shape', async () => {
    const { app, listen, context } = await startApp()
    const port = await listen()
    const [uploading, late] = [await openConnection(port), await openConnection(port)]
    const begun = vi.spyOn(context.store.spool, 'create')
    const lateHead = head('GET /m2/demo/profile/update?mboxPC=1')

    await late.send(lateHead.slice(0, 20))
    await uploading.send(head(batchPost, { 'content-length': upload.length }) + upload.slice(0, 10))
    await vi.waitFor(() => expect(begun).toHaveBeenCalled())
    const closed = app.close()
    await late.send(lateHead.slice(20))
    const refused = await late.receiveAll()
    await uploading.send(upload.slice(10))
    const taken = await uploading.receiveAll()
    await closed

    expect(taken).toMatch(/^HTTP\/1.1 200 OK\r\n[^]*Batch submitted for processing/)
    expect(taken).toContain('\r\nconnection: close\r\n')
    expect(refused).toMatch(/^HTTP\/1.1 503 Service Unavailable\r\n/)
    expect(refused).toContain('\r\nretry-after: 5\r\n')
    expect(refused).toMatch(
      /<success>false<\/success><message>The server is stopping; send the request again.<\/message>/,
    )
  })
})
