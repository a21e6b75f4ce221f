import { expect, it } from 'vitest'
import { Person, startWithCommand } from './support/command.ts'

/** Creates a profile by a visit. */
async function visit(url: string, attributes: Readonly<Record<string, string>>): Promise<void> {
  const reply = await fetch(`${url}/rest/v1/delivery?client=demo&sessionId=s1`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({
      id: { thirdPartyId: 'ada', marketingCloudVisitorId: '1234' },
      context: { channel: 'web' },
      execute: { mboxes: [{ index: 0, name: 'home', profileParameters: attributes }] },
    }),
  })
  expect(reply.status).toBe(200)
}

/** What a profile holds, without times. */
function valuesOf(profile: { profileAttributes: Record<string, { value: string }> }) {
  const { firstSessionStart: _, ...attributes } = profile.profileAttributes
  return Object.fromEntries(Object.entries(attributes).map(([name, { value }]) => [name, value]))
}

it('updates and shows a profile by the Profile API, without a credential', async () => {
  const { server } = await startWithCommand()
  const caller = new Person({ SILHOUETTE_URL: server.url })
  await visit(server.url, { color: 'teal' })

  const updated = await caller.json([
    'profile',
    'update',
    '--third-party-id',
    'ada',
    'tier=a=b',
    'profile.city=Paris',
  ])
  const again = await caller.json(['profile', 'update', '--third-party-id', 'ada', 'city=Paris'])
  const nobody = await caller.run(['profile', 'update', '--third-party-id', 'lin', 'tier=gold', '--json'])
  const found = await caller.json<Parameters<typeof valuesOf>[0]>(['profile', 'get', '--ecid', '1234'])
  const removal = await caller.run(['profile', 'update', '--third-party-id', 'ada', '--remove', 'tier'])

  expect(updated).toEqual({ outcome: 'updated' })
  expect(again).toEqual({ outcome: 'unchanged' })
  expect(nobody).toMatchObject({ code: 1, stdout: '' })
  expect(JSON.parse(nobody.stderr)).toMatchObject({ error: { code: 'profile_not_found', exitCode: 1 } })
  expect(valuesOf(found)).toEqual({ color: 'teal', tier: 'a=b', city: 'Paris' })
  expect(removal).toMatchObject({ code: 2, stderr: expect.stringContaining('API credential') })
})

it('sets, removes and deletes by the Admin API with a credential alone, the switch being on', async () => {
  const { server, admin } = await startWithCommand()
  await visit(server.url, { color: 'teal', tier: 'gold' })
  await admin.run(['auth', 'on'])

  const changed = await admin.run(['profile', 'update', '--ecid', '1234', 'city=Paris', '--remove', 'tier'])
  const found = await admin.json<Parameters<typeof valuesOf>[0]>([
    'profile',
    'get',
    '--third-party-id',
    'ada',
  ])
  const deleted = await admin.json(['profile', 'delete', '--third-party-id', 'ada'])
  const gone = await admin.run(['profile', 'get', '--third-party-id', 'ada', '--json'])

  expect(changed).toMatchObject({ code: 0, stdout: 'The profile is updated.\n' })
  expect(valuesOf(found)).toEqual({ color: 'teal', city: 'Paris' })
  expect(deleted).toEqual({ thirdPartyId: 'ada', deleted: true })
  expect(gone).toMatchObject({ code: 1, stdout: '' })
  expect(JSON.parse(gone.stderr)).toMatchObject({
    error: { code: 'profile_not_found', status: 404, exitCode: 1 },
  })
})

// Values come from strangers' visits: a terminal must not obey them.
it('shows control characters and turns of direction as escapes, in text and in JSON', async () => {
  const { server } = await startWithCommand()
  const caller = new Person({ SILHOUETTE_URL: server.url })
  const value = 'a\u001b[31mb\u009bc\u202ed'
  await visit(server.url, { evil: value })

  const text = await caller.run(['profile', 'get', '--third-party-id', 'ada'])
  const json = await caller.run(['profile', 'get', '--third-party-id', 'ada', '--json'])

  expect(text.stdout).toContain('a\\u001b[31mb\\u009bc\\u202ed')
  // oxlint-disable-next-line no-control-regex -- what must not be there
  expect(text.stdout + json.stdout).not.toMatch(/[\u0000-\u0009\u000b-\u001f\u007f-\u009f\u202e]/)
  expect(valuesOf(JSON.parse(json.stdout))).toEqual({ evil: value })
})

it.each([
  [['profile', 'get'], 'Give one id'],
  [['profile', 'get', '--tnt-id', 'a', '--ecid', 'b'], 'Give one id'],
  [['profile', 'update', '--tnt-id', 'a'], 'nothing to change'],
  [['profile', 'update', '--tnt-id', 'a', 'tier'], '"tier" sets nothing'],
  [['profile', 'update', '--tnt-id', 'a', 'tier='], '`--remove tier`'],
  [['profile', 'get', '--tnt-id', '..'], '--tnt-id must not be ".."'],
])('ends with 2 for %j', async (args, said) => {
  const { code, stderr } = await new Person().run(args)

  expect({ code, stderr }).toEqual({ code: 2, stderr: expect.stringContaining(said) })
})
