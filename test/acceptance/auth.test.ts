import { readdirSync, readFileSync, statSync } from 'node:fs'
import { connect } from 'node:net'
import path from 'node:path'
import { describe, expect, it } from 'vitest'
import { call } from './support/calls.ts'
import { makeDirectory, startServer, type Server } from './support/server.ts'

const chosen = {
  ADMIN_EMAIL: 'root@example.com',
  ADMIN_PASSWORD: 'a password that is chosen',
  API_CLIENT_ID: 'loader',
  API_CLIENT_SECRET: 'a chosen secret',
}

/** Calls the Admin API with the credential that the settings chose. */
async function adminOf({ url }: Server, { id, secret } = { id: 'loader', secret: 'a chosen secret' }) {
  const body = new URLSearchParams({
    client_id: id,
    client_secret: secret,
    grant_type: 'client_credentials',
    scope: 'openid',
  })
  const { access_token: accessToken } = JSON.parse(
    (await call(`${url}/ims/token/v3`, { method: 'POST', body })).text,
  ) as { access_token: string }
  return async (method: string, address: string, json?: unknown) => {
    const { status, text } = await call(`${url}/demo/target${address}`, {
      method,
      headers: {
        authorization: `Bearer ${accessToken}`,
        'x-api-key': id,
        'content-type': 'application/json',
      },
      ...(json !== undefined && { body: JSON.stringify(json) }),
    })
    return { status, json: text === '' ? undefined : (JSON.parse(text) as Record<string, unknown>) }
  }
}

const tokenPath = '/authentication/token?authorizationScope=profile_api'

async function fetchStatus({ url }: Server, token: string): Promise<number> {
  const headers = { authorization: `Bearer ${token}` }
  return (await call(`${url}/rest/v1/profiles/1?client=demo`, { headers })).status
}

describe('the first start', () => {
  it('prints once the secrets that it made up, before it listens, and never again', async () => {
    const directory = makeDirectory()
    const first = await startServer({ directory })
    const printed = first.stdout()
    const id = /client id +(\S+)/.exec(printed)?.[1] ?? ''
    const secret = /client secret +(\S+)/.exec(printed)?.[1] ?? ''
    const admin = await adminOf(first, { id, secret })
    const { status } = await admin('GET', '/clients')
    await first.stop()

    const second = await startServer({ directory })

    expect(status).toBe(200)
    expect(printed).toMatch(/e-mail +admin@localhost\n +password +\S{20}\n/)
    expect(printed.trimEnd().split('\n').at(-1)).toBe(`listening on ${first.url}`)
    expect(second.stdout()).toBe(`listening on ${second.url}\n`)
    expect(first.stderr()).not.toContain(secret)
    expect((await (await adminOf(second, { id, secret }))('GET', '/clients')).status).toBe(200)
  })

  it('prints nothing secret when the settings choose everything', async () => {
    const server = await startServer({ directory: makeDirectory(), settings: chosen })

    const admin = await adminOf(server)

    expect(server.stdout()).toBe(`listening on ${server.url}\n`)
    expect((await admin('GET', '/users/root@example.com')).json).toEqual({
      email: 'root@example.com',
      name: 'Administrator',
      locale: '',
      memberships: [{ role: 'systemAdmin' }],
    })
  })

  it('keeps the secret key in a file of its owner alone, and refuses to start with another', async () => {
    const directory = makeDirectory()
    const server = await startServer({ directory, settings: chosen })
    const admin = await adminOf(server)
    const { json } = await admin('POST', tokenPath)
    await server.stop()
    const settings = { ...chosen, SECRET_KEY: 'another key that is long enough to be one' }

    const refused = startServer({ directory, settings })

    await expect(refused).rejects.toThrow('the secret key is not the one that this store was first used with')
    expect(statSync(path.join(directory, 'secret-key')).mode & 0o777).toBe(0o600)
    const changed = await startServer({ directory, settings: { ...settings, SECRET_KEY_CHANGED: 'yes' } })
    const again = await adminOf(changed)
    await again('PATCH', '/clients/settings', { enableProfileApiAuthentication: true })
    expect(await fetchStatus(changed, String(json?.['accessToken']))).toBe(404)
    expect((await again('GET', tokenPath)).json).not.toHaveProperty('accessToken')
  })
})

describe('the token at the built server', () => {
  it('403 answers a 50 MB upload without a token before a byte of it is sent', async () => {
    const server = await startServer({ directory: makeDirectory(), settings: chosen })
    await (
      await adminOf(server)
    )('PATCH', '/clients/settings', { enableProfileApiAuthentication: true })

    const answer = await answerToHead(server.port, [
      'POST /m2/demo/v2/profile/batchUpdate HTTP/1.1',
      'Host: localhost',
      'Content-Length: 52428799',
    ])

    expect(answer).toMatch(/^HTTP\/1\.1 403 Forbidden\r\n/)
    expect(answer).toContain('error="invalid_token"')
    expect(answer).toContain('<response><success>false</success><message>')
  })

  it('is there after SIGKILL once it is answered, and so is the switch; some token always works', async () => {
    const directory = makeDirectory()
    let server = await startServer({ directory, settings: chosen })
    let last = ''
    for (let round = 0; round < 6; round++) {
      let admin = await adminOf(server)
      const isOn = round % 2 === 0
      await admin('PATCH', '/clients/settings', { enableProfileApiAuthentication: isOn })
      last = String((await admin('POST', tokenPath)).json?.['accessToken'])
      // Another generation is under way at the kill: whatever became of it, some token is current.
      const underWay = admin('POST', tokenPath).catch(() => undefined)
      await server.stop('SIGKILL')
      const answered = (await underWay)?.json?.['accessToken']

      server = await startServer({ directory, settings: chosen })
      admin = await adminOf(server)
      const current = String((await admin('GET', tokenPath)).json?.['accessToken'])
      const settings = (await admin('GET', '/clients/settings')).json

      expect(settings).toMatchObject({ enableProfileApiAuthentication: isOn })
      expect(await fetchStatus(server, current)).toBe(404)
      if (answered !== undefined) expect(current).toBe(answered)
      if (isOn && current !== last) expect(await fetchStatus(server, last)).toBe(403)
    }
  })

  it('leaves its characters in no file of the store but sealed, and in no line of the log', async () => {
    const directory = makeDirectory()
    const server = await startServer({ directory, settings: { ...chosen, LOG_LEVEL: 'trace' } })
    const admin = await adminOf(server)
    await admin('PATCH', '/clients/settings', { enableProfileApiAuthentication: true })
    const token = String((await admin('POST', tokenPath)).json?.['accessToken'])
    await fetchStatus(server, token)
    await fetchStatus(server, token.slice(0, -1))
    await server.stop()

    const secrets = [token.slice(13, 45), chosen.API_CLIENT_SECRET, chosen.ADMIN_PASSWORD]
    const files = readdirSync(directory, { recursive: true, withFileTypes: true })
      .filter((entry) => entry.isFile())
      .map((entry) => readFileSync(path.join(entry.parentPath, entry.name), 'latin1'))

    expect(files.length).toBeGreaterThan(1)
    for (const text of [...files, server.stderr(), server.stdout()]) {
      for (const secret of secrets) expect(text.includes(secret)).toBe(false)
    }
  })
})

/** Sends the head of a request alone and reads what comes until the connection ends or is answered. */
function answerToHead(port: number, lines: readonly string[]): Promise<string> {
  return new Promise((resolve, reject) => {
    let text = ''
    const socket = connect(port, '127.0.0.1', () => void socket.write(`${lines.join('\r\n')}\r\n\r\n`))
    socket.setEncoding('utf8').on('error', reject)
    socket.on('data', (piece: string) => {
      text += piece
      if (!text.includes('</response>')) return
      socket.destroy()
      resolve(text)
    })
  })
}
