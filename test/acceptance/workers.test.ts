import { readFileSync } from 'node:fs'
import { request } from 'node:http'
import { describe, expect, it } from 'vitest'
import { completed, fetchValues, update, upload, visit } from './support/calls.ts'
import { launch, makeDirectory, startServer, type Server } from './support/server.ts'
import { waitFor } from './support/wait.ts'

const credential = { id: 'loader', secret: 'a chosen secret' }
const password = 'a password that is chosen'
const chosen = {
  WORKERS: '2',
  LOG_LEVEL: 'warn',
  ADMIN_EMAIL: 'root@example.com',
  ADMIN_PASSWORD: password,
  API_CLIENT_ID: credential.id,
  API_CLIENT_SECRET: credential.secret,
}

interface Init {
  readonly method?: string
  readonly headers?: Readonly<Record<string, string>>
  readonly body?: string
}

interface Reply {
  readonly status: number
  readonly text: string
}

/** Sends a request over a connection of its own: workers take them in turn. */
function callAnew(url: string, { method = 'GET', headers = {}, body }: Init = {}): Promise<Reply> {
  return new Promise((resolve, reject) => {
    const sent = request(url, { method, headers, agent: false }, (response) => {
      let text = ''
      response.setEncoding('utf8')
      response.on('data', (piece: string) => (text += piece))
      response.on('end', () => resolve({ status: response.statusCode ?? 0, text }))
    })
    sent.on('error', reject)
    sent.end(body)
  })
}

/** Sends the same request several times, each over a connection of its own; returns the statuses. */
async function statusesOf(times: number, send: () => Promise<Reply>): Promise<number[]> {
  const statuses: number[] = []
  for (let i = 0; i < times; i++) statuses.push((await send()).status)
  return statuses
}

async function adminOf(url: string) {
  const body = new URLSearchParams({
    client_id: credential.id,
    client_secret: credential.secret,
    grant_type: 'client_credentials',
  })
  const form = { 'content-type': 'application/x-www-form-urlencoded' }
  const { text } = await callAnew(`${url}/ims/token/v3`, {
    method: 'POST',
    headers: form,
    body: body.toString(),
  })
  const { access_token: accessToken } = JSON.parse(text) as { access_token: string }
  return (method: string, address: string, json?: unknown) =>
    callAnew(`${url}/demo/target${address}`, {
      method,
      headers: {
        authorization: `Bearer ${accessToken}`,
        'x-api-key': credential.id,
        ...(json !== undefined && { 'content-type': 'application/json' }),
      },
      ...(json !== undefined && { body: JSON.stringify(json) }),
    })
}

function workersOf({ pid }: Pick<Server, 'pid'>): number[] {
  const children = readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8')
  return children.trim().split(' ').filter(Boolean).map(Number)
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0)
    return true
  } catch {
    return false
  }
}

/** Requests of one kind that the metrics count. */
async function counted(url: string, route: string): Promise<number> {
  const { text } = await callAnew(`${url}/metrics`)
  const line = text.split('\n').find((one) => {
    return (
      one.startsWith('silhouette_http_request_duration_seconds_count') && one.includes(`route="${route}"`)
    )
  })
  return Number(line?.split(' ').at(-1) ?? 0)
}

const tokenPath = '/authentication/token?authorizationScope=profile_api'
const fetchRoute = '/rest/v1/profiles/thirdPartyId/:id'

describe('a server with two workers', () => {
  it('answers by both: what one writes the other reads, and the metrics are of all', async () => {
    const server = await startServer({ directory: makeDirectory(), settings: chosen })
    const { url } = server
    await visit(url, { thirdPartyId: 'ada' }, { tier: 'gold' })
    const batch = await completed(url, await upload(url, 'batch=thirdPartyId,city\nada,Oslo\nbob,Rome\n'))

    const profile = `${url}/rest/v1/profiles/thirdPartyId/ada?client=demo`
    const replies = []
    for (let i = 0; i < 10; i++) replies.push((await callAnew(profile)).text)

    expect(workersOf(server)).toHaveLength(2)
    expect(batch.successfulUpdates).toBe(2)
    expect(new Set(replies).size).toBe(1)
    expect(replies[0]).toContain('"gold"')
    expect(replies[0]).toContain('"Oslo"')
    expect(await counted(url, fetchRoute)).toBe(10)
    const { text: metrics } = await callAnew(`${url}/metrics`)
    expect(metrics).toContain('silhouette_batch_rows_total{outcome="updated"} 1\n')
    expect(metrics).toMatch(/^silhouette_node_info\{.*\} 1$/m)
    expect(metrics).toMatch(/^silhouette_batches_incomplete 0$/m)
  })

  it('refuses a token everywhere as soon as its end was answered, and turns the switch everywhere', async () => {
    const { url } = await startServer({
      directory: makeDirectory(),
      settings: { ...chosen, ADMIN_CALLS_PER_MINUTE: '0' },
    })
    await visit(url, { thirdPartyId: 'ada' })
    const admin = await adminOf(url)
    const send = (token: string) => () =>
      callAnew(`${url}/rest/v1/profiles/thirdPartyId/ada?client=demo`, {
        headers: token === '' ? {} : { authorization: `Bearer ${token}` },
      })
    const generate = async () => {
      const { text } = await admin('POST', tokenPath)
      return (JSON.parse(text) as { accessToken: string }).accessToken
    }
    const open = await statusesOf(4, send(''))
    const token = await generate()
    await admin('PATCH', '/clients/settings', { enableProfileApiAuthentication: true })

    const closed = await statusesOf(4, send(''))
    const good = await statusesOf(4, send(token))
    await admin('DELETE', tokenPath)
    const revoked = await statusesOf(4, send(token))

    expect([open, closed, good, revoked]).toEqual([200, 403, 200, 403].map((status) => Array(4).fill(status)))
  })

  it('counts calls and failed attempts to sign in once for both', async () => {
    const { url } = await startServer({
      directory: makeDirectory(),
      settings: { ...chosen, ADMIN_CALLS_PER_MINUTE: '5' },
    })
    const admin = await adminOf(url)
    const signIn = (given: string) => () =>
      callAnew(`${url}/api/session`, {
        method: 'POST',
        headers: { 'content-type': 'application/json', origin: url },
        body: JSON.stringify({ email: 'root@example.com', password: given }),
      })

    const calls = await statusesOf(7, () => admin('GET', '/clients'))
    const attempts = await statusesOf(7, signIn('a wrong guess'))

    expect(calls).toEqual([200, 200, 200, 200, 200, 503, 503])
    expect(attempts).toEqual([401, 401, 401, 401, 401, 429, 429])
  })

  it('replaces a worker that is killed; nothing acknowledged is lost, and counts do not fall', async () => {
    const server = await startServer({ directory: makeDirectory(), settings: chosen })
    const { url } = server
    await visit(url, { thirdPartyId: 'ada' })
    for (let i = 0; i < 6; i++) await callAnew(`${url}/rest/v1/profiles/thirdPartyId/ada?client=demo`)
    const before = await counted(url, fetchRoute)
    const [first] = workersOf(server)
    const acknowledged: number[] = []
    const write = async (i: number) => {
      const reply = await update(url, 'ada', { [`a${i}`]: 'x' }).catch(() => undefined)
      if (reply?.status === 200) acknowledged.push(i)
    }

    for (let i = 0; i < 30; i++) await write(i)
    process.kill(first!, 'SIGKILL')
    for (let i = 30; i < 60; i++) await write(i)
    await waitFor('a new worker', () => {
      const now = workersOf(server)
      return now.length === 2 && !now.includes(first!) ? true : undefined
    })
    const names = Object.keys((await fetchValues(url, 'thirdPartyId/ada')) ?? {})

    expect(acknowledged.length).toBeGreaterThan(50)
    expect(names).toEqual(expect.arrayContaining(acknowledged.map((i) => `a${i}`)))
    expect(await counted(url, fetchRoute)).toBeGreaterThanOrEqual(before)
    expect(server.stderr()).toContain('a worker ended; another one takes its place')
  })

  it.each(['SIGTERM', 'SIGINT'] as const)('ends with 0 on %s to all of its processes', async (signal) => {
    const server = await startServer({ directory: makeDirectory(), settings: chosen })
    await visit(server.url, { thirdPartyId: 'ada' })
    const workers = workersOf(server)

    // As a terminal and a service manager do it.
    for (const pid of workers) process.kill(pid, signal)
    const { code } = await server.stop(signal)

    expect(code).toBe(0)
    expect(workers.map(isAlive)).toEqual([false, false])
    expect(server.stderr()).toBe('')
  })

  it('ends them when it is killed itself, and starts again', async () => {
    const directory = makeDirectory()
    const server = await startServer({ directory, settings: chosen })
    await visit(server.url, { thirdPartyId: 'ada' }, { tier: 'gold' })
    const workers = workersOf(server)

    await server.stop('SIGKILL')
    await waitFor('the workers to end', () => (workers.some(isAlive) ? undefined : true))
    const again = await startServer({ directory, settings: chosen })

    expect(await fetchValues(again.url, 'thirdPartyId/ada')).toEqual({ tier: 'gold' })
  })
})

describe('a start with two workers', () => {
  it('says why when the port is taken', async () => {
    const { port } = await startServer({ directory: makeDirectory(), settings: chosen })
    const directory = makeDirectory()
    const flags = ['--port', String(port), '--store', `lmdb:${directory}`, '--workers', '2']

    const second = launch({ flags, settings: { LOG_LEVEL: 'error' } })

    expect((await second.ended).code).toBe(1)
    expect(second.stderr()).toMatch(/^silhouette: .*EADDRINUSE.*\n$/)
  })

  it('is refused over a store in memory', async () => {
    const server = launch({ flags: ['--store', 'memory:', '--workers', '2'] })

    expect((await server.ended).code).toBe(2)
    expect(server.stderr()).toBe(
      'silhouette: SILHOUETTE_WORKERS must be 1 where the store is memory: alone\n',
    )
  })
})
