import { randomBytes } from 'node:crypto'
import { existsSync } from 'node:fs'
import type { Command } from 'commander'
import type { Invitation } from '#client'
import { addVerb, requireCredential, runsOnline, type OnlineCall } from '../command.ts'
import { checkedName } from '../connection.ts'
import { UsageError } from '../errors.ts'
import { readShort, type Shell } from '../shell.ts'

interface ResetOptions {
  readonly store?: string
  readonly password?: string
}

/** `user invite`: the link by which a person chooses a password. */
export function addInvite(user: Command, shell: Shell): void {
  const invite = addVerb(user, 'invite <email>', {
    summary: 'make the link by which a person chooses a password',
    details:
      'It works once, for a day, and replaces the one before. Whoever has it can become the person. For ' +
      'workspace admins, of people who hold no right that they lack themselves.',
    examples: ['silhouette user invite ada@example.com'],
  })
  runsOnline(invite, shell, async (call, email = '') => {
    requireCredential(call)
    printInvitation(call, await call.service.users.invite(checkedName('email', email), call))
  })
}

/** `user reset-password`: the way back in, also when nobody can sign in any more. */
export function addResetPassword(user: Command, shell: Shell): void {
  const reset = addVerb(user, 'reset-password <email>', {
    summary: 'give a person another password; sessions of the person end',
    details:
      'On the machine of the store (--store, SILHOUETTE_STORE_URL, else lmdb:./data) it needs nobody who ' +
      'can sign in: it makes up a password, or takes one of 12 characters or more, whether the server ' +
      'runs or not. With an API credential and no --store it makes the link of `silhouette user invite`.',
    examples: [
      'silhouette user reset-password admin@localhost',
      'silhouette user reset-password admin@localhost --store lmdb:/var/lib/silhouette',
      'silhouette user reset-password admin@localhost --password - < password',
    ],
  })
  reset
    .option('--store <url>', 'the store, as in lmdb:/var/lib/silhouette (SILHOUETTE_STORE_URL)')
    .option('--password <password>', 'the new password, - for standard input; made up unless given')
  runsOnline<ResetOptions>(reset, shell, async (call, email = '') => {
    if (isStoreHere(call)) return resetInStore(call, email)
    if (call.connection.credential === undefined) throw noWay()
    if (call.options.password !== undefined)
      throw new UsageError('--password needs the store: others choose their password by the link.')
    const invitation = await call.service.users.invite(checkedName('email', email), call)
    return printInvitation(call, invitation)
  })
}

/** The store that is named, else the one in the folder in which `npm start` keeps it. */
function isStoreHere({ options, shell, connection }: OnlineCall<ResetOptions>): boolean {
  if (options.store !== undefined || shell.env['SILHOUETTE_STORE_URL']) return true
  return connection.credential === undefined && existsSync('data/data.mdb')
}

async function resetInStore(call: OnlineCall<ResetOptions>, email: string): Promise<void> {
  const { options, shell, print } = call
  const given = options.password === '-' ? await readShort(shell, '--password') : options.password
  const password = given ?? randomBytes(15).toString('base64url')
  // Loaded only now: the store takes longer to load than all else of the command.
  const [{ withStore }, { resetPassword }] = await Promise.all([
    import('../offline.ts'),
    import('../../domain/accounts/reset-password.ts'),
  ])
  await withStore(shell, options.store, ({ context, client }) =>
    resetPassword(context, client, { email, password }),
  )
  if (given === undefined) print.fields({ email, password }, { 'E-mail': email, Password: password })
  else print.done({ email }, `The password of ${email} is the one given.`)
}

function printInvitation({ print, connection }: OnlineCall<unknown>, invitation: Invitation): void {
  const url = connection.url.replace(/\/+$/, '') + invitation.path
  print.fields(
    { ...invitation, url },
    { 'E-mail': invitation.email, Link: url, 'Works until': invitation.expiresAt },
  )
}

function noWay(): UsageError {
  return new UsageError(
    'There is neither a store here nor an API credential.',
    'Run this on the machine of the store with --store or SILHOUETTE_STORE_URL, or store a credential by ' +
      '`silhouette login`.',
  )
}
