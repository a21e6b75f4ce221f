import type { Command } from 'commander'
import { ServiceError, type Caller } from '#client'
import { confirm } from '../ask.ts'
import { addNoun, addVerb, requireCredential, runsOnline, type OnlineCall } from '../command.ts'
import type { Shell } from '../shell.ts'

/** Callers that are named before the switch is turned; the rest is counted. */
const callersShown = 10

/** `auth`: the switch that makes the profile API require the token. */
export function addAuth(program: Command, shell: Shell): void {
  const auth = addNoun(program, 'auth', 'require the profile authentication token, or not')
  addOn(auth, shell)
  addOff(auth, shell)
}

function addOn(auth: Command, shell: Shell): void {
  const on = addVerb(auth, 'on', {
    summary: 'require the token for update, bulk, status and fetch',
    details:
      'Lists who called in the last 24 hours without a token that works: they would be cut off. If there ' +
      'are any it asks first. Visits (the Delivery API) never need the token. For approvers.',
    examples: ['silhouette auth on', 'silhouette auth on --client shop --yes'],
  })
  on.option('--yes', 'do not ask about callers that would be cut off; needed where there is no terminal')
  runsOnline<{ yes?: true }>(on, shell, async (call) => {
    requireCredential(call)
    const { service, connection, print } = call
    const { enableProfileApiAuthentication: isOn } = await service.settings.get(call)
    const { callers } = await service.callers.list({}, call)
    if (callers.length > 0 && !isOn) {
      tellCallers(call, callers)
      const whom = `${counted(callers.length)} would be cut off from client ${connection.client}`
      const question = `${whom}. Turn it on?`
      await confirm(shell, question, call.options.yes === true)
    }
    await service.settings.patch({ enableProfileApiAuthentication: true }, call)
    if (!(await hasToken(call)))
      print.note('There is no token yet: nobody can call. `silhouette token generate` makes one.')
    const document = { client: connection.client, enabled: true, callers }
    print.done(document, `Client ${connection.client} requires the token from now on.`)
  })
}

function addOff(auth: Command, shell: Shell): void {
  const off = addVerb(auth, 'off', {
    summary: 'let update, bulk, status and fetch be called without the token',
    details: 'Whoever reaches the service may then read and change profiles. Revokes nothing. For approvers.',
    examples: ['silhouette auth off', 'silhouette auth off --client shop'],
  })
  runsOnline(off, shell, async (call) => {
    requireCredential(call)
    const { client } = call.connection
    await call.service.settings.patch({ enableProfileApiAuthentication: false }, call)
    call.print.done(
      { client, enabled: false },
      `Client ${client} is open: whoever reaches the service may read and change its profiles.`,
    )
  })
}

function tellCallers({ print }: OnlineCall, callers: readonly Caller[]): void {
  for (const { address, userAgent, endpoint, calls, lastAt } of callers.slice(0, callersShown)) {
    const who = `${address || 'a hidden address'} (${userAgent || 'no user agent'})`
    print.note(`  ${who}: ${calls} × ${endpoint}, last ${lastAt}`)
  }
  if (callers.length > callersShown)
    print.note(`and ${callers.length - callersShown} more: \`silhouette callers\` lists them`)
}

function counted(callers: number): string {
  return callers === 1 ? '1 caller' : `${callers} callers`
}

async function hasToken(call: OnlineCall): Promise<boolean> {
  try {
    await call.service.tokens.get(call)
    return true
  } catch (error) {
    if (error instanceof ServiceError && error.code === 'token_not_found') return false
    throw error
  }
}
