import type { Command } from 'commander'
import { ServiceError } from '#client'
import { ask, askSecret, canAsk } from '../ask.ts'
import { addVerb, runs, runsOnline, type OnlineCall } from '../command.ts'
import { connect, type Connection } from '../connection.ts'
import { loginPath, removeLogin, writeLogin } from '../login-file.ts'
import type { Shell } from '../shell.ts'

/** `login` and `logout`: what commands take when neither flags nor variables say otherwise. */
export function addLogin(program: Command, shell: Shell): void {
  const login = addVerb(program, 'login', {
    summary: 'store the address, the client, the API credential and the token for later commands',
    details:
      'Asks on a terminal for what is not given, tries it, and writes it to silhouette/login.json in ' +
      '$XDG_CONFIG_HOME or ~/.config, readable by you alone (mode 0600). Secrets are sent to this address ' +
      'only, the token for this client only.',
    examples: [
      'silhouette login',
      'silhouette login --url https://profiles.example.com --client shop --api-client-id crd_1 ' +
        '--api-client-secret - < secret',
      'SILHOUETTE_TOKEN=slh_… silhouette login',
    ],
  })
  runsOnline(login, shell, storeLogin)
  const logout = addVerb(program, 'logout', {
    summary: 'forget what login stored',
    examples: ['silhouette logout'],
  })
  runs(logout, shell, ({ print }) => {
    const removed = removeLogin(shell.env)
    print.done({ removed }, removed ? `Removed ${loginPath(shell.env)}.` : 'There was no login.')
  })
}

async function storeLogin(call: OnlineCall): Promise<void> {
  const { shell, print } = call
  const connection = await completed(call)
  await tryOut({ ...call, connection, service: connect(connection) })
  const { url, client, token, credential } = connection
  const file = writeLogin(shell.env, {
    url,
    client,
    token,
    apiClientId: credential?.clientId,
    apiClientSecret: credential?.clientSecret,
  })
  print.done({ url, client, file }, `Stored the login for client ${client} at ${url}.`)
}

/** Asks for an API credential where none is given and somebody is there. */
async function completed({ connection, shell, print }: OnlineCall): Promise<Connection> {
  if (connection.credential !== undefined || connection.token !== undefined || !canAsk(shell))
    return connection
  print.note(
    `The API credential for client ${connection.client} at ${connection.url}; leave it empty to store none.`,
  )
  const clientId = (await ask(shell, 'Client id: ')).trim()
  if (clientId === '') return connection
  const clientSecret = await askSecret(shell, 'Client secret: ')
  return { ...connection, credential: { clientId, clientSecret } }
}

/** An id that no visitor has: fetching it tells whether the client exists, and the token works. */
const nobody = { tntId: '00000000000000000000000000000000' } as const

async function tryOut({ service, connection, signal }: OnlineCall): Promise<void> {
  if (connection.credential !== undefined) await service.settings.get({ signal })
  if (connection.credential !== undefined && connection.token === undefined) return
  try {
    await service.profiles.get(nobody, { signal })
  } catch (error) {
    if (!(error instanceof ServiceError)) throw error
    const isForWantOfToken = error.code === 'token_invalid' && connection.token === undefined
    if (error.code !== 'profile_not_found' && !isForWantOfToken) throw error
  }
}
