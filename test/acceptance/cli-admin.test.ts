import { expect, it } from 'vitest'
import { Person, startWithCommand } from './support/command.ts'

it('creates, shows, changes, lists and deletes a client', async () => {
  const { admin } = await startWithCommand()

  const created = await admin.json(['client', 'create', 'shop', '--name', 'The shop'])
  const changes = [
    'name=Shop',
    'profileLifetimeDays=30',
    'allowedOrigins=https://a.example,https://b.example',
  ]
  await admin.json(['client', 'set', 'shop', ...changes])
  const shown = await admin.json(['client', 'show', 'shop'])
  const unasked = await admin.run(['client', 'delete', 'shop'])
  const deleted = await admin.json(['client', 'delete', 'shop', '--yes'])
  const { clients } = await admin.json<{ clients: unknown[] }>(['client', 'list'])

  expect(created).toEqual({ code: 'shop', name: 'The shop', imsOrgId: 'SHOP@AdobeOrg' })
  expect(shown).toMatchObject({
    code: 'shop',
    name: 'Shop',
    settings: { profileLifetimeDays: 30, allowedOrigins: ['https://a.example', 'https://b.example'] },
  })
  expect(unasked).toMatchObject({ code: 2, stdout: '', stderr: expect.stringContaining('--yes') })
  expect(deleted).toEqual({ code: 'shop', deleted: true })
  expect(clients).toEqual([{ code: 'demo', name: 'demo', imsOrgId: 'DEMO@AdobeOrg' }])
})

it('changes nothing that cannot be understood, or is refused', async () => {
  const { admin } = await startWithCommand()
  const refusals: [string[], number, string][] = [
    [['client', 'set', 'profileLifetimDays=3'], 2, 'Did you mean profileLifetimeDays?'],
    [['client', 'set', 'profileLifetimeDays=soon'], 2, 'must be a whole number'],
    [['client', 'set', 'profileLifetimeDays=91'], 1, 'profileLifetimeDays must be 90 or less'],
    [['client', 'set', 'geoLocationEnabled=yes'], 2, 'must be true or false'],
    [['client', 'set', 'flickerManagerSettings={'], 2, 'is no JSON'],
    [['client', 'set', 'name=a', 'name=b'], 2, 'name is given twice'],
    [['client', 'set', 'enableProfileApiAuthentication=false'], 2, 'silhouette auth on'],
    [['client', 'set'], 2, 'nothing to set'],
    [['client', 'show', 'nowhere'], 1, 'silhouette client list'],
    [['client', 'delete', 'demo', '--yes'], 1, 'cannot be deleted'],
  ]
  const before = await admin.json(['client', 'show'])

  for (const [args, code, said] of refusals)
    expect(await admin.run(args), args.join(' ')).toMatchObject({
      code,
      stdout: '',
      stderr: expect.stringContaining(said),
    })

  expect(await admin.json(['client', 'show'])).toEqual(before)
})

it('turns the switch on only when told whom it cuts off, and turns it off', async () => {
  const { admin, server } = await startWithCommand()
  await new Person({ SILHOUETTE_URL: server.url }).run(['profile', 'get', '--third-party-id', 'ada'])

  const asked = await admin.run(['auth', 'on'])
  const on = await admin.run(['auth', 'on', '--yes'])
  const closed = await new Person({ SILHOUETTE_URL: server.url }).run(['profile', 'get', '--tnt-id', 'a1'])
  const off = await admin.json(['auth', 'off'])

  expect(asked).toMatchObject({ code: 2, stdout: '' })
  expect(asked.stderr).toMatch(/127\.0\.0\.1 \(silhouette\/\S+\): 1 × GET .*\n.*1 caller would be cut off/s)
  expect(on).toMatchObject({ code: 0, stdout: 'Client demo requires the token from now on.\n' })
  expect(on.stderr).toContain('silhouette token generate')
  expect(closed).toMatchObject({ code: 1, stderr: expect.stringContaining('silhouette token show') })
  expect(off).toEqual({ client: 'demo', enabled: false })
})

it('generates, shows and revokes the token, which then is what profile calls need', async () => {
  const { admin, server } = await startWithCommand()
  const caller = new Person({ SILHOUETTE_URL: server.url })
  const fetch = (token: string) =>
    caller.run(['profile', 'get', '--third-party-id', 'ada', '--token', '-'], { stdin: `${token}\n` })
  await admin.run(['auth', 'on', '--yes'])

  const none = await admin.run(['token', 'show'])
  const first = await admin.json<{ accessToken: string }>(['token', 'generate', '--expires-in', '90d'])
  const second = await admin.run(['token', 'generate', '--overlap', '24h', '--plain'])
  const shown = await admin.json<{ overlapping: unknown[] }>(['token', 'show'])
  const bothWork = [await fetch(first.accessToken), await fetch(second.stdout.trim())]
  await admin.run(['token', 'revoke', '--overlapping'])
  const ended = await fetch(first.accessToken)
  await admin.run(['token', 'revoke'])
  const gone = await admin.run(['token', 'show'])

  expect(none).toMatchObject({ code: 1, stderr: expect.stringContaining('silhouette token generate') })
  expect(first).toEqual({
    accessToken: expect.stringMatching(/^slh_/),
    tokenType: 'bearer',
    scope: 'profile_api',
    expiresIn: 7_776_000,
  })
  expect(shown).toMatchObject({ accessToken: second.stdout.trim(), overlapping: [{ createdBy: 'first' }] })
  // Nobody of this id: authorized, and not found.
  for (const { stderr } of bothWork) expect(stderr).toContain('No profile found')
  expect(ended).toMatchObject({ code: 1, stderr: expect.stringContaining('silhouette token show') })
  expect(gone.code).toBe(1)
})

it('creates credentials, people and workspaces, changes a role in one workspace, revokes', async () => {
  const { admin, server } = await startWithCommand()

  const credential = await admin.json<{ clientId: string; clientSecret: string }>([
    'credential',
    'create',
    'nightly',
    '--role',
    'observer',
  ])
  const observer = new Person({
    SILHOUETTE_URL: server.url,
    SILHOUETTE_API_CLIENT_ID: credential.clientId,
    SILHOUETTE_API_CLIENT_SECRET: credential.clientSecret,
  })
  const notAllowed = await observer.run(['token', 'generate'])
  const workspace = await admin.json<{ id: string }>(['workspace', 'create', 'Europe'])
  await admin.json(['user', 'create', 'ada@example.com', '--role', 'approver'])
  await admin.json(['user', 'set-role', 'ada@example.com', 'editor', '--workspace', workspace.id])
  const { users } = await admin.json<{ users: { email: string; memberships: unknown }[] }>(['user', 'list'])
  await admin.run(['credential', 'revoke', credential.clientId])
  const revoked = await observer.run(['client', 'show'])

  expect(notAllowed).toMatchObject({ code: 1, stdout: '' })
  expect(users.find(({ email }) => email === 'ada@example.com')?.memberships).toEqual([
    { client: 'demo', workspace: 'default', role: 'approver' },
    { client: 'demo', workspace: workspace.id, role: 'editor' },
  ])
  expect(revoked).toMatchObject({ code: 1, stdout: '' })
})

it('lists what was changed, and what was before and after', async () => {
  const { admin } = await startWithCommand()
  await admin.run(['client', 'set', 'profileLifetimeDays=30'])

  const { stdout } = await admin.run(['audit', '--since', '1h'])
  const detailed = await admin.run(['audit', '--type', 'clientSettings', '--id', 'demo', '--details'])
  const unclear = await admin.run(['audit', '--details'])

  expect(stdout).toMatch(/^TIME +TYPE +OPERATION +BY\n\S+ +clientSettings +patch +first\n/)
  expect(detailed.stdout).toMatch(/ {2}profileLifetimeDays: 14 → 30\n$/)
  expect(unclear).toMatchObject({ code: 2, stderr: expect.stringContaining('--details needs') })
})
