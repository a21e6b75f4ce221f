import type { Command } from 'commander'
import { Option } from 'commander'
import type { Silhouette } from '#client'
import { addConnection, connect, resolveConnection } from './connection.ts'
import type { Connection, ConnectionOptions } from './connection.ts'
import { UsageError } from './errors.ts'
import { Print } from './print.ts'
import type { Shell } from './shell.ts'

/** What help says of a command besides its options. */
export interface About {
  /** One line, beginning with a verb in small letters. */
  readonly summary: string
  /** Full sentences: units, defaults, what is not obvious. */
  readonly details?: string
  /** Whole command lines that work. */
  readonly examples: readonly string[]
}

/** What a command has to work with. */
export interface Call<Options = object> {
  readonly options: Options
  readonly print: Print
  readonly shell: Shell
}

/** What a command has that calls the service. */
export interface OnlineCall<Options = object> extends Call<Options> {
  readonly service: Silhouette
  readonly connection: Connection
  /** Given on to each call of the service, so that Ctrl-C ends it. */
  readonly signal: AbortSignal
}

type Work<GivenCall> = (call: GivenCall, ...operands: string[]) => Promise<void> | void

const abouts = new WeakMap<Command, About>()

/** What help says of a command; of a group of commands, its summary alone. */
export function aboutOf(command: Command): About {
  return abouts.get(command) ?? { summary: command.description(), examples: [] }
}

/** Adds a group of commands, such as `client`. */
export function addNoun(program: Command, name: string, summary: string): Command {
  return program.command(name).description(summary)
}

/** Adds a command; `usage` is its name and operands, as in `show [code]`. */
export function addVerb(parent: Command, usage: string, about: About): Command {
  const command = parent.command(usage).summary(about.summary).description(descriptionOf(about))
  const examples = about.examples.map((line) => `\n  ${line}`).join('')
  command.addHelpText('after', `\nExamples:${examples}`)
  command.allowExcessArguments(false)
  abouts.set(command, about)
  return command
}

/** Lets a command run on this machine alone. */
export function runs<Options = object>(command: Command, shell: Shell, work: Work<Call<Options>>): void {
  addJson(command)
  command.action((...given: unknown[]) => {
    shell.catchInterrupts()
    const options = nearestOptions<Options & { json?: true }>(command)
    return work({ options, print: new Print(shell, options.json === true), shell }, ...operandsOf(given))
  })
}

/** Lets a command call the service, with the options of the connection. */
export function runsOnline<Options = object>(
  command: Command,
  shell: Shell,
  work: Work<OnlineCall<Options>>,
): void {
  addConnection(command)
  runs<Options & ConnectionOptions>(command, shell, async (call, ...operands) => {
    const connection = await resolveConnection(shell, call.options)
    return work({ ...call, connection, service: connect(connection), signal: shell.signal }, ...operands)
  })
}

/** Adds `--json`. */
export function addJson(command: Command): Command {
  return command.addOption(new Option('--json', 'print one JSON document').helpGroup('Output:'))
}

/** For commands that the Admin API carries out. @throws UsageError without an API credential */
export function requireCredential({ connection }: Pick<OnlineCall, 'connection'>): void {
  if (connection.credential !== undefined) return
  throw new UsageError(
    'This needs an API credential.',
    'Store it by `silhouette login`, or give SILHOUETTE_API_CLIENT_ID and SILHOUETTE_API_CLIENT_SECRET; ' +
      'the first start of the server prints one.',
  )
}

function descriptionOf({ summary, details }: About): string {
  const sentence = `${summary.charAt(0).toUpperCase()}${summary.slice(1)}.`
  return details === undefined ? sentence : `${sentence}\n\n${details}`
}

/** A command's options and those given before it: the nearest win. */
function nearestOptions<Options>(command: Command): Options {
  const chain: Command[] = []
  for (let at: Command | null = command; at !== null; at = at.parent) chain.unshift(at)
  return Object.assign({}, ...chain.map((one) => one.opts()))
}

/** Commander hands on operands, options and the command; an operand that may repeat is an array. */
function operandsOf(given: readonly unknown[]): string[] {
  return given
    .slice(0, -2)
    .flat()
    .filter((operand): operand is string => typeof operand === 'string')
}
