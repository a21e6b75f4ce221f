import type { Command } from 'commander'
import { addVerb, runs, runsOnline, type OnlineCall } from '../command.ts'
import { loginPath, removeLogin, writeLogin } from '../login-file.ts'
import type { Shell } from '../shell.ts'

/** `login` and `logout`: what commands take when neither flags nor variables say otherwise. */
export function addLogin(program: Command, shell: Shell): void {
  const login = addVerb(program, 'login', {
    summary: 'store the address, the client, the API credential and the token for later commands',
    details:
      'Tries them first, then writes them to silhouette/login.json in $XDG_CONFIG_HOME or ~/.config, ' +
      'readable by you alone (mode 0600).',
    examples: [
      'silhouette login --url https://profiles.example.com --client demo --api-client-id ID ' +
        '--api-client-secret - < secret',
      'SILHOUETTE_TOKEN=slh_… silhouette login --client demo',
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
  const { service, signal, shell, print } = call
  const { url, client, token, credential } = call.connection
  if (credential !== undefined) await service.settings.get({ signal })
  const file = writeLogin(shell.env, {
    url,
    client,
    token,
    apiClientId: credential?.clientId,
    apiClientSecret: credential?.clientSecret,
  })
  print.done({ url, client, file }, `Stored the login for client ${client} at ${url} in ${file}.`)
}
