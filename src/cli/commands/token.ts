import { Option, type Command } from 'commander'
import type { Token, TokenDetails, TokenFacts, TokenScope } from '#client'
import { addNoun, addVerb, requireCredential, runsOnline, type OnlineCall } from '../command.ts'
import { durationForms, durationSeconds, durationText } from '../duration.ts'
import { Refused } from '../errors.ts'
import type { Shell } from '../shell.ts'

interface TokenOptions {
  readonly scope?: TokenScope
  readonly plain?: true
}

/** `token`: the profile authentication token of a client. */
export function addToken(program: Command, shell: Shell): void {
  const token = addNoun(program, 'token', 'show, generate and revoke the profile authentication token')
  addShow(token, shell)
  addGenerate(token, shell)
  addRevoke(token, shell)
}

function addShow(token: Command, shell: Shell): void {
  const show = addVerb(token, 'show', {
    summary: 'show the current token, when it expires, and who used it last',
    details: 'The token itself is for approvers; others see the rest.',
    examples: ['silhouette token show', 'export SILHOUETTE_TOKEN=$(silhouette token show --plain)'],
  })
  addPlain(addScope(show))
  runsOnline<TokenOptions>(show, shell, async (call) => {
    requireCredential(call)
    const found = await call.service.tokens.get({ ...scopeOf(call), signal: call.signal })
    if (call.options.plain) printPlain(call, found)
    else call.print.fields(found, shownDetails(found))
  })
}

function addGenerate(token: Command, shell: Shell): void {
  const generate = addVerb(token, 'generate', {
    summary: 'generate a token; the one before ends',
    details:
      'It ends at once, or after an overlap in which both work, so that callers can be given the new one ' +
      'in time. For approvers.',
    examples: [
      'silhouette token generate',
      'silhouette token generate --expires-in 90d --overlap 24h',
      'export SILHOUETTE_TOKEN=$(silhouette token generate --plain)',
    ],
  })
  const life = new Option(
    '--expires-in <time>',
    `life of the token, 1s to 365d, as in ${durationForms}; 90d unless given`,
  )
  const overlap = new Option(
    '--overlap <time>',
    'how long the one before goes on, up to 7d; it ends at once unless given',
  )
  generate.addOption(life.argParser(durationSeconds)).addOption(overlap.argParser(durationSeconds))
  addPlain(addScope(generate))
  runsOnline<TokenOptions & { expiresIn?: number; overlap?: number }>(generate, shell, async (call) => {
    requireCredential(call)
    const { expiresIn, overlap: overlapSeconds } = call.options
    const made = await call.service.tokens.generate({
      ...scopeOf(call),
      ...(expiresIn !== undefined && { expiresInSeconds: expiresIn }),
      ...(overlapSeconds !== undefined && { overlapSeconds }),
      signal: call.signal,
    })
    if (call.options.plain) printPlain(call, made)
    else call.print.fields(made, shownToken(made))
  })
}

function addRevoke(token: Command, shell: Shell): void {
  const revoke = addVerb(token, 'revoke', {
    summary: 'end the token, and those before it that still go on',
    details: 'While the switch is on nobody can call until there is a new one. For approvers.',
    examples: ['silhouette token revoke', 'silhouette token revoke --overlapping'],
  })
  revoke.option('--overlapping', 'end only those that were replaced and still go on')
  addScope(revoke)
  runsOnline<TokenOptions & { overlapping?: true }>(revoke, shell, async (call) => {
    requireCredential(call)
    const { overlapping = false, scope = scopeDefault } = call.options
    await call.service.tokens.revoke({ scope, overlappingOnly: overlapping, signal: call.signal })
    const which = overlapping ? 'Replaced tokens' : 'All tokens'
    call.print.done(
      { scope, overlappingOnly: overlapping, revoked: true },
      `${which} of scope ${scope} of client ${call.connection.client} have ended.`,
    )
  })
}

const scopeDefault = 'profile_api'

function addScope(command: Command): Command {
  const scope = new Option('--scope <scope>', `what the token is for; ${scopeDefault} unless given`)
  return command.addOption(scope.choices(['profile_api', 'debug_tools']))
}

function addPlain(command: Command): Command {
  return command.option('--plain', 'print the token alone')
}

function scopeOf({ options }: OnlineCall<TokenOptions>): { scope?: TokenScope } {
  return options.scope === undefined ? {} : { scope: options.scope }
}

function printPlain({ print }: OnlineCall, token: Token): void {
  if (token.accessToken === undefined) throw new Refused('Your role may not see the token.')
  print.value(token, token.accessToken)
}

function shownToken({ accessToken, scope, expiresIn }: Token): Record<string, string> {
  return {
    Token: accessToken ?? 'not shown to your role',
    Scope: scope,
    'Expires in': durationText(expiresIn),
  }
}

function shownDetails(token: TokenDetails): Record<string, string | undefined> {
  const replaced = token.overlapping.map(
    (one, index) =>
      [`Replaced ${index + 1}`, `goes on for ${durationText(one.expiresIn)}, ${useOf(one)}`] as const,
  )
  return {
    ...shownToken(token),
    'Expires at': token.expiresAt,
    Created: `${token.createdAt} by ${token.createdBy}`,
    Used: useOf(token),
    ...Object.fromEntries(replaced),
  }
}

function useOf({ lastUse }: TokenFacts): string {
  if (lastUse === undefined) return 'never used'
  const { at, address, userAgent, endpoint } = lastUse
  const who = `${address || 'a hidden address'} (${userAgent || 'no user agent'})`
  return `last used ${at} by ${who} for ${endpoint}`
}
