import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { describe, expect, it, onTestFinished, vi } from 'vitest'
import { NotReachable, Silhouette } from '../../client/src/index.ts'
import { SecretKey } from '../../src/domain/secret-key.ts'
import { credential, failureOf, startClient, watchedFetch } from './start-client.ts'

/** A port that takes calls and never answers. */
async function startSilent(): Promise<string> {
  const server = createServer(() => {})
  onTestFinished(() => {
    server.closeAllConnections()
    server.close()
  })
  await new Promise<void>((resolve) => void server.listen(0, '127.0.0.1', resolve))
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`
}

/** Moves the clock that the client reads; timers go on as they do. */
function moveOwnClock(): { advance: (ms: number) => void } {
  const now = performance.now.bind(performance)
  let ahead = 0
  const spy = vi.spyOn(performance, 'now').mockImplementation(() => now() + ahead)
  onTestFinished(() => spy.mockRestore())
  return { advance: (ms) => (ahead += ms) }
}

const tokenCall = 'POST /ims/token/v3'
const settingsCall = 'GET /demo/target/clients/settings'

describe('access tokens', () => {
  it('are fetched once for calls at the same time, and kept', async () => {
    const { connect } = await startClient()
    const { fetch, sent } = watchedFetch()
    const silhouette = connect({ fetch })

    await Promise.all([silhouette.settings.get(), silhouette.settings.get()])
    await silhouette.settings.get()

    expect(sent.toSorted()).toEqual([settingsCall, settingsCall, settingsCall, tokenCall])
  })

  it('are renewed before they expire, once for calls at the same time', async () => {
    const clock = moveOwnClock()
    const { connect } = await startClient()
    const { fetch, sent } = watchedFetch()
    const silhouette = connect({ fetch })

    await silhouette.settings.get()
    clock.advance(0.89 * 86_400_000)
    await silhouette.settings.get()
    clock.advance(0.02 * 86_400_000)
    await Promise.all([silhouette.settings.get(), silhouette.settings.get()])

    expect(sent.toSorted()).toEqual([...Array<string>(4).fill(settingsCall), tokenCall, tokenCall])
    expect(sent.slice(0, 4)).toEqual([tokenCall, settingsCall, settingsCall, tokenCall])
  })

  // A service that was restored with another key knows none of the tokens that it gave before.
  it('that the service takes no longer are renewed, and the call is made again', async () => {
    const { connect, context } = await startClient()
    const { fetch, sent } = watchedFetch()
    const silhouette = connect({ fetch })

    await silhouette.settings.get()
    Object.assign(context, { secretKey: new SecretKey('another key for tests, long enough to be one') })
    await silhouette.settings.patch({ locale: 'nb_NO' })

    const patchCall = settingsCall.replace('GET', 'PATCH')
    expect(sent).toEqual([tokenCall, settingsCall, patchCall, tokenCall, patchCall])
  })

  it('that are refused are told with a code, and asked for again by the next call', async () => {
    const { connect } = await startClient()
    const { fetch, sent } = watchedFetch()
    const silhouette = connect({ fetch, credential: { ...credential, clientSecret: 'another' } })

    const errors = [await failureOf(silhouette.settings.get()), await failureOf(silhouette.settings.get())]

    const refused = { name: 'ServiceError', status: 401, code: 'credential_invalid' }
    expect(errors).toMatchObject([refused, refused])
    expect(sent).toEqual([tokenCall, tokenCall])
  })

  it('need a credential', async () => {
    const { connect } = await startClient()

    expect(() => connect({ credential: undefined }).settings.get()).toThrow(/needs an API credential/)
  })
})

describe('a call that the network cuts off', () => {
  it('is made again where it only reads, three times in all', async () => {
    const { connect, profile } = await startClient()
    await profile({ tntId: 'a1' }, { plan: 'gold' })
    const twice = watchedFetch(2)
    const thrice = watchedFetch(3)

    const read = await connect({ fetch: twice.fetch }).profiles.get({ tntId: 'a1' })
    const error = await failureOf(connect({ fetch: thrice.fetch }).profiles.get({ tntId: 'a1' }))

    expect(read.visitorId).toBe('a1')
    expect(error).toBeInstanceOf(NotReachable)
    expect([twice.sent.length, thrice.sent.length]).toEqual([3, 3])
  })

  it.each<[string, (silhouette: Silhouette) => Promise<unknown>]>([
    ['an update', ({ profiles }) => profiles.update({ tntId: 'a1' }, { plan: 'gold' })],
    ['an upload', ({ batches }) => batches.upload('batch=pcId,plan\na1,gold\n')],
    ['a visit', ({ visits }) => visits.send({ sessionId: 's' })],
    ['a change of settings', ({ settings }) => settings.patch({ locale: 'nb_NO' })],
    ['a token', ({ tokens }) => tokens.generate()],
  ])('is not made again where it is %s', async (_, call) => {
    const { connect, url } = await startClient()
    const { fetch, sent } = watchedFetch(1, /^(POST|PATCH) (?!\/ims)/)

    const error = await failureOf(call(connect({ fetch })))

    expect(error).toBeInstanceOf(NotReachable)
    expect(String(error)).toContain(url)
    expect(String(error)).toContain('fetch failed (read ECONNRESET)')
    expect(sent.filter((one) => one !== tokenCall)).toHaveLength(1)
  })

  it('says what could not be reached when nothing listens', async () => {
    const silhouette = new Silhouette({ url: 'http://127.0.0.1:9', client: 'demo' })

    const error = await failureOf(silhouette.visits.send({ sessionId: 's' }))

    expect(error).toMatchObject({ name: 'NotReachable' })
    expect(String(error)).toContain('POST http://127.0.0.1:9/rest/v1/delivery')
  })
})

describe('a call that is refused for the moment', () => {
  it.each<[string, () => string | ReadableStream<Uint8Array>, number]>([
    ['is made again when Retry-After has passed', () => 'batch=pcId,plan\na1,gold\n', 2],
    ['is not made again when its body was a stream', () => new Blob(['batch=pcId\n']).stream(), 1],
  ])('%s', async (_, makeBody, uploads) => {
    const { connect, context } = await startClient({ batchCallsPerMinute: 1 })
    const sent: number[] = []
    const fetch: typeof globalThis.fetch = async (input, init) => {
      const response = await globalThis.fetch(input, init)
      sent.push(response.status)
      if (response.status === 503) context.clock.advance(1_000)
      return response
    }
    const { batches } = connect({ fetch })
    await batches.upload('batch=pcId,plan\na1,free\n')
    context.clock.advance(59_500)

    const outcome = await batches.upload(makeBody()).catch((error: unknown) => error)

    expect(sent).toEqual(uploads === 2 ? [200, 503, 200] : [200, 503])
    if (uploads === 2) expect(outcome).toEqual(expect.any(String))
    else expect(outcome).toMatchObject({ status: 503, code: 'calls_too_many', retryAfterSeconds: 1 })
  })

  it('fails at once when its time limit leaves no time for that', async () => {
    const { silhouette } = await startClient({ adminCallsPerMinute: 1 })
    await silhouette.settings.get()

    const error = await failureOf(silhouette.settings.get({ timeoutMs: 59_000 }))

    expect(error).toMatchObject({ status: 503, code: 'calls_too_many', retryAfterSeconds: 60 })
  })

  it('waits no longer than its signal lets it', async () => {
    const { silhouette } = await startClient({ adminCallsPerMinute: 1 })
    await silhouette.settings.get()
    const controller = new AbortController()

    const failure = failureOf(silhouette.settings.get({ timeoutMs: 90_000, signal: controller.signal }))
    setTimeout(() => controller.abort(new Error('enough')), 50)

    expect(await failure).toEqual(new Error('enough'))
  })
})

describe('the time limit', () => {
  it('of a call or of the client ends what is not answered', async () => {
    const url = await startSilent()
    const silhouette = new Silhouette({ url, client: 'demo', credential, timeoutMs: 50 })

    const errors = [
      await failureOf(silhouette.visits.send({ sessionId: 's' })),
      await failureOf(silhouette.settings.get()),
      await failureOf(silhouette.batches.upload('batch=pcId\n', { timeoutMs: 50 })),
      await failureOf(silhouette.batches.failedRows('b', { timeoutMs: 50 })),
    ]

    for (const error of errors) {
      expect(error).toBeInstanceOf(NotReachable)
      expect(String(error)).toContain('no answer within the time limit')
    }
  })

  it('has the signal beside it, whose reason is thrown', async () => {
    const silhouette = new Silhouette({ url: await startSilent(), client: 'demo', credential })
    const controller = new AbortController()
    const { signal } = controller

    const failures = [
      failureOf(silhouette.profiles.get({ tntId: 'a1' }, { signal })),
      failureOf(silhouette.settings.get({ signal })),
      failureOf(silhouette.batches.failedRows('b', { signal })),
    ]
    controller.abort(new Error('enough'))

    expect(await Promise.all(failures)).toEqual(failures.map(() => new Error('enough')))
    expect(await failureOf(silhouette.profiles.get({ tntId: 'a1' }, { signal }))).toEqual(new Error('enough'))
  })
})

it('an address that is no http address is refused at once', () => {
  expect(() => new Silhouette({ url: 'ftp://127.0.0.1', client: 'demo' })).toThrow(TypeError)
  expect(() => new Silhouette({ url: 'nowhere', client: 'demo' })).toThrow(TypeError)
})
