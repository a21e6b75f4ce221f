import { PassThrough } from 'node:stream'
import type { Command, Option } from 'commander'
import { aboutOf } from '../../src/cli/command.ts'
import { buildProgram } from '../../src/cli/program.ts'

/** The reference page of the command line, as Markdown. */
export function cliReference(): string {
  const program = buildProgram(noShell())
  return [
    '<!-- Made by `npm run generate` from src/cli; edit that. -->',
    '',
    '# The command line',
    '',
    ...program.description().split('\n').flatMap(wrapped),
    '',
    '`npx silhouette …` runs it in a clone; a package that was installed has it as `silhouette`.',
    '',
    'Every command but `serve` takes `--json`: it prints one JSON document, and a failure is one on',
    'standard error, `{"error":{"code","message","hint","exitCode"}}`. Commands that call the service',
    'take these too:',
    '',
    ...optionRows(program.options.filter(isShared)),
    ...leavesOf(program).flatMap(section),
    '',
  ].join('\n')
}

/** Commands that do something, in the order of help. */
function leavesOf(command: Command): Command[] {
  return command.commands.length === 0 ? [command] : command.commands.flatMap(leavesOf)
}

function section(command: Command): string[] {
  const own = command.options.filter((option) => !isShared(option))
  return [
    '',
    `## ${pathOf(command)}`,
    '',
    ...command.description().split('\n').flatMap(wrapped),
    '',
    '```text',
    `${pathOf(command)} ${command.usage()}`,
    '```',
    ...(own.length > 0 ? ['', ...optionRows(own)] : []),
    '',
    '```sh',
    ...aboutOf(command).examples,
    '```',
  ]
}

/** Options of the connection and of output are told once. */
function isShared({ helpGroupHeading }: Option): boolean {
  return helpGroupHeading !== undefined
}

function optionRows(options: readonly Option[]): string[] {
  return [
    '| Option | Meaning |',
    '| --- | --- |',
    ...options.map(({ flags, description }) => `| \`${flags}\` | ${description.replaceAll('|', '\\|')} |`),
  ]
}

const proseColumns = 100

function wrapped(paragraph: string): string[] {
  const lines: string[] = ['']
  for (const word of paragraph.split(' ')) {
    const line = lines.at(-1) ?? ''
    if (line !== '' && line.length + 1 + word.length > proseColumns) lines.push(word)
    else lines[lines.length - 1] = line === '' ? word : `${line} ${word}`
  }
  return lines
}

function pathOf(command: Command): string {
  return command.parent === null ? command.name() : `${pathOf(command.parent)} ${command.name()}`
}

/** Nothing runs while the page is made. */
function noShell(): Parameters<typeof buildProgram>[0] {
  const nothing = new PassThrough()
  return {
    env: {},
    stdin: nothing,
    stdout: nothing,
    stderr: nothing,
    signal: new AbortController().signal,
    catchInterrupts: () => {},
    takeStdin: () => nothing,
  }
}
