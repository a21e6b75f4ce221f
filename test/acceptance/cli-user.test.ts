import { existsSync, readdirSync } from 'node:fs'
import { expect, it } from 'vitest'
import { Silhouette } from '../../client/src/index.ts'
import { Person, startWithCommand } from './support/command.ts'

const firstPassword = 'seven quiet herons'
const admin = 'admin@localhost'

/** Tells whether somebody can sign in; the cookie of it is forgotten. */
async function canSignIn(url: string, password: string): Promise<boolean> {
  const { session } = new Silhouette({ url, client: 'demo', auth: 'session' })
  const signedIn = await session.signIn(admin, password).catch(() => undefined)
  return signedIn !== undefined
}

it('resets a password in the store beside the running server, without anybody who can sign in', async () => {
  const { server, directory } = await startWithCommand({ ADMIN_PASSWORD: firstPassword })
  const holder = new Person({ SILHOUETTE_STORE_URL: `lmdb:${directory}` })

  const made = await holder.json<{ email: string; password: string }>(['user', 'reset-password', admin])
  const works = [await canSignIn(server.url, made.password), await canSignIn(server.url, firstPassword)]
  const chosen = await holder.run(['user', 'reset-password', admin, '--password', '-'], {
    stdin: 'eight loud geese\n',
  })

  expect(made).toEqual({ email: admin, password: expect.stringMatching(/^[\w-]{20}$/) })
  expect(works).toEqual([true, false])
  expect(chosen).toMatchObject({ code: 0, stderr: '' })
  expect(chosen.stdout).not.toContain('geese')
  expect(await canSignIn(server.url, 'eight loud geese')).toBe(true)
})

it('resets a password while no server runs, and leaves the store to the next one', async () => {
  const { server, directory, admin: person } = await startWithCommand({ ADMIN_PASSWORD: firstPassword })
  await server.stop()

  const unknown = await person.run([
    'user',
    'reset-password',
    'ada@example.com',
    '--store',
    `lmdb:${directory}`,
  ])
  const weak = await person.run([
    'user',
    'reset-password',
    admin,
    '--store',
    `lmdb:${directory}`,
    '--password',
    'password1234',
  ])
  const nowhere = await person.run(['user', 'reset-password', admin, '--store', 'lmdb:./none'])

  expect(unknown).toMatchObject({ code: 1, stderr: expect.stringContaining(`System admins are: ${admin}`) })
  expect(weak).toMatchObject({ code: 1, stdout: '' })
  expect(nowhere).toMatchObject({ code: 2, stderr: expect.stringContaining('There is no store in ./none') })
  expect(existsSync(`${person.home}/none`)).toBe(false)
  expect(readdirSync(directory)).toContain('data.mdb')
})

it('makes the link to a password where there is a credential and no store', async () => {
  const { server, admin: person } = await startWithCommand({ ADMIN_PASSWORD: firstPassword })

  const link = await person.json<{ token: string; url: string }>(['user', 'reset-password', admin])
  const invited = await person.run(['user', 'invite', admin])
  const { session } = new Silhouette({ url: server.url, client: 'demo', auth: 'session' })

  expect(link.url).toBe(`${server.url}/console/invitation/${link.token}`)
  expect(invited.stdout).toMatch(/^E-mail: +admin@localhost\nLink: +http\S+\nWorks until: +\S+Z\n$/)
  // The later one is the one that works.
  await expect(session.invitation(link.token)).rejects.toMatchObject({ code: 'invitation_not_found' })
})

it('says both ways when there is neither a store nor a credential', async () => {
  const { code, stderr } = await new Person().run(['user', 'reset-password', admin])

  expect({ code, stderr }).toEqual({ code: 2, stderr: expect.stringContaining('--store') })
})
