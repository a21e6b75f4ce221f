import { chmodSync, mkdirSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { expect, it } from 'vitest'
import { credential, Person, startWithCommand } from './support/command.ts'

function loginFile(person: Person): string {
  return path.join(person.home, '.config/silhouette/login.json')
}

/** Writes a login as the command does. */
function writeLogin(person: Person, login: object, mode = 0o600): void {
  mkdirSync(path.dirname(loginFile(person)), { recursive: true })
  writeFileSync(loginFile(person), JSON.stringify(login))
  chmodSync(loginFile(person), mode)
}

it('stores what works, for its owner alone, and later commands take it', async () => {
  const { server } = await startWithCommand()
  const person = new Person()

  const stored = await person.run(
    ['login', '--url', server.url, '--api-client-id', 'first', '--api-client-secret', '-'],
    { stdin: `${credential.SILHOUETTE_API_CLIENT_SECRET}\n` },
  )
  const listed = await person.run(['client', 'list'])
  const mode = statSync(loginFile(person)).mode & 0o777
  const logout = await person.json(['logout'])
  const without = await person.run(['client', 'list'])

  const stdout = `Stored the login for client demo at ${server.url}.\n`
  expect(stored).toEqual({ code: 0, stderr: '', stdout })
  expect(mode).toBe(0o600)
  expect(listed.code).toBe(0)
  expect(logout).toEqual({ removed: true })
  expect(without.code).toBe(2)
})

it('keeps the login in XDG_CONFIG_HOME where there is one', async () => {
  const { server, admin } = await startWithCommand()
  const directory = path.join(admin.home, 'elsewhere')

  const stored = await admin.json(['login'], { env: { XDG_CONFIG_HOME: directory } })

  const file = path.join(directory, 'silhouette/login.json')
  const login = JSON.parse(readFileSync(file, 'utf8'))
  expect(stored).toEqual({ url: server.url, client: 'demo', file })
  expect(login).toMatchObject({ url: server.url, client: 'demo', apiClientId: 'first' })
})

it('stores nothing that the service refuses', async () => {
  const { server, admin } = await startWithCommand()
  await admin.run(['auth', 'on'])
  const person = new Person({ SILHOUETTE_URL: server.url })

  const badSecret = await person.run([
    'login',
    '--api-client-id',
    'first',
    '--api-client-secret',
    'wrong secret',
  ])
  const badToken = await person.run(['login', '--token', 'slh_nothing'])
  const badClient = await person.run(['login', '--client', 'nowhere'])

  expect([badSecret.code, badToken.code, badClient.code]).toEqual([1, 1, 1])
  expect(() => statSync(loginFile(person))).toThrow('ENOENT')
})

it('refuses a login that others may read, and says how to mend it', async () => {
  const person = new Person()
  writeLogin(person, { url: 'http://127.0.0.1:1', client: 'demo' }, 0o640)

  const { code, stderr } = await person.run(['profile', 'get', '--tnt-id', 'a'])

  expect(code).toBe(2)
  expect(stderr).toContain(`${loginFile(person)} has mode 0640`)
  expect(stderr).toContain('chmod 600')
})

it('refuses a file that is no login', async () => {
  const person = new Person()
  writeLogin(person, ['not', 'a', 'login'])

  const { code, stderr } = await person.run(['profile', 'get', '--tnt-id', 'a'])

  expect({ code, stderr }).toEqual({ code: 2, stderr: expect.stringContaining('holds no login') })
})

// A typing error in an address must not hand the secrets to whoever answers there.
it('sends the secrets of the login to its own address and client only, and flags go first', async () => {
  const { server, admin } = await startWithCommand()
  const token = (await admin.run(['token', 'generate', '--plain'])).stdout.trim()
  await admin.run(['client', 'create', 'shop'])
  await admin.run(['auth', 'on'])
  await admin.run(['auth', 'on', '--client', 'shop'])
  const login = { url: server.url, client: 'demo', token }
  const person = new Person()
  writeLogin(person, { ...login, apiClientId: 'first', apiClientSecret: 'a secret of the test' })
  const fetch = ['profile', 'get', '--third-party-id', 'ada']

  const atHome = await person.run(fetch)
  const ofOther = await person.run([...fetch, '--client', 'shop'])
  writeLogin(person, { ...login, url: `${server.url}/elsewhere`, apiClientId: 'first', apiClientSecret: 'x' })
  const elsewhere = await person.run([...fetch, '--url', server.url])
  const listed = await person.run(['client', 'list', '--url', server.url])

  expect(atHome.stderr).toContain('No profile found')
  // By the Admin API: the credential is good for both clients, the token for one.
  expect(ofOther.stderr).toContain('No profile found')
  expect(elsewhere).toMatchObject({ code: 1, stderr: expect.stringContaining('silhouette token show') })
  expect(listed).toMatchObject({ code: 2, stderr: expect.stringContaining('needs an API credential') })
})
