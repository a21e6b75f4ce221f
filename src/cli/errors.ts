import { CommanderError } from 'commander'
import { NotReachable, ServiceError, type ErrorCode } from '#client'
import { Refusal } from '../lib/errors.ts'

/** How the command ends; `interrupted` is what a shell expects of Ctrl-C. */
export const exitCodes = { done: 0, refused: 1, badUsage: 2, notReachable: 3, interrupted: 130 } as const

/** The command was called wrongly, or something on this machine keeps it from being carried out. */
export class UsageError extends Error {
  /** What to do about it. */
  readonly hint: string | undefined

  constructor(message: string, hint?: string) {
    super(message)
    this.name = 'UsageError'
    this.hint = hint
  }
}

/** The service or a person said no, or what was looked at is not as it must be. */
export class Refused extends UsageError {
  readonly code: string

  /** @param code what scripts know it by under `--json` */
  constructor(message: string, hint?: string, code = 'refused') {
    super(message, hint)
    this.name = 'Refused'
    this.code = code
  }
}

/** A store cannot be reached, or not for now. */
export class StoreNotReachable extends UsageError {
  constructor(message: string, hint?: string) {
    super(message, hint)
    this.name = 'StoreNotReachable'
  }
}

/** Ctrl-C. */
export class Interrupted extends Error {
  constructor() {
    super('interrupted')
    this.name = 'Interrupted'
  }
}

/** What is told of a command that failed. */
export interface Failure {
  readonly exitCode: number
  readonly code: string
  readonly message: string
  readonly hint?: string | undefined
  /** HTTP status of a refusal. */
  readonly status?: number
  /** Line of an upload that is at fault. */
  readonly line?: number | undefined
}

/** What to do about refusals that have a remedy on the command line. */
const hints: Partial<Readonly<Record<ErrorCode, string>>> = {
  token_invalid:
    '`silhouette token show` prints the token; give it by SILHOUETTE_TOKEN or `silhouette login`.',
  token_scope_insufficient: '`silhouette token show --scope profile_api` prints the token for these calls.',
  token_not_found: '`silhouette token generate` makes one.',
  access_token_invalid: '`silhouette login` stores an API credential that works.',
  credential_invalid: 'The first start of the server printed a credential; `silhouette login` stores it.',
  action_not_allowed: '`silhouette credential create` makes a credential with another role.',
  client_unknown: '`silhouette client list` shows the clients; --client names one.',
  profile_not_found: 'A visit or a batch of version 2 creates profiles; an update does not.',
  batch_not_found: '`silhouette batch list` shows the batches of the client.',
  user_not_found: '`silhouette user list` shows the people of the client.',
  credential_not_found: '`silhouette credential list` shows the credentials of the client.',
  workspace_unknown: '`silhouette workspace list` shows the workspaces of the client.',
}

/** Reads what was thrown; undefined for an end that is no failure, such as help that was asked for. */
export function failureOf(error: unknown): Failure | undefined {
  if (error instanceof Interrupted)
    return { exitCode: exitCodes.interrupted, code: 'interrupted', message: '' }
  if (error instanceof CommanderError) return commanderFailure(error)
  if (error instanceof ServiceError) return serviceFailure(error)
  if (error instanceof NotReachable) {
    const hint = 'Is the service running (`silhouette serve`), and is --url or SILHOUETTE_URL its address?'
    return { exitCode: exitCodes.notReachable, code: 'not_reachable', message: error.message, hint }
  }
  if (error instanceof Refusal)
    return { exitCode: exitCodes.refused, code: error.code, message: error.message }
  if (error instanceof Refused) return { ...told(error), exitCode: exitCodes.refused, code: error.code }
  if (error instanceof StoreNotReachable)
    return { ...told(error), exitCode: exitCodes.notReachable, code: 'not_reachable' }
  if (error instanceof UsageError)
    return { ...told(error), exitCode: exitCodes.badUsage, code: 'usage_invalid' }
  return unforeseen(error)
}

function told({ message, hint }: UsageError): Pick<Failure, 'message' | 'hint'> {
  return { message, hint }
}

function serviceFailure({ message, status, code, line, retryAfterSeconds }: ServiceError): Failure {
  const again = retryAfterSeconds === undefined ? undefined : `Try again in ${retryAfterSeconds} s.`
  const hint = (code && hints[code]) ?? again
  return { exitCode: exitCodes.refused, code: code ?? 'service_failed', message, hint, status, line }
}

/** Commander prints nothing here: what it says is told in one place, in one form. */
function commanderFailure({ code, exitCode, message }: CommanderError): Failure | undefined {
  if (exitCode === 0) return undefined
  // Help in place of a command that is missing; it was printed.
  if (code === 'commander.help') return { exitCode: exitCodes.badUsage, code: 'usage_invalid', message: '' }
  const [first = '', ...more] = message.replace(/^error: /, '').split('\n')
  const hint = more.join(' ').trim() || undefined
  return { exitCode: exitCodes.badUsage, code: 'usage_invalid', message: sentence(first), hint }
}

/** Faults of the system, such as a file that is not there, say themselves what is wrong. */
function unforeseen(error: unknown): Failure {
  const message = error instanceof Error ? error.message : String(error)
  const isOfSystem = error instanceof Error && 'syscall' in error
  if (isOfSystem) return { exitCode: exitCodes.badUsage, code: 'usage_invalid', message }
  return { exitCode: exitCodes.refused, code: 'internal', message: `A fault of this command: ${message}` }
}

function sentence(text: string): string {
  const begun = text.charAt(0).toUpperCase() + text.slice(1)
  return /[.?!]$/.test(begun) ? begun : `${begun}.`
}
