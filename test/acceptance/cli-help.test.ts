import { PassThrough } from 'node:stream'
import type { Command } from 'commander'
import { describe, expect, it } from 'vitest'
import { aboutOf } from '../../src/cli/command.ts'
import { buildProgram } from '../../src/cli/program.ts'
import { Person } from './support/command.ts'

const nothing = new PassThrough()
const program = buildProgram({
  env: {},
  stdin: nothing,
  stdout: nothing,
  stderr: nothing,
  signal: new AbortController().signal,
  catchInterrupts: () => {},
  takeStdin: () => nothing,
})

/** All commands that do something, by the words that call them. */
const commands = leavesOf(program, [])

function leavesOf(
  command: Command,
  path: readonly string[],
): { path: readonly string[]; command: Command }[] {
  if (command.commands.length === 0) return [{ path, command }]
  return command.commands.flatMap((child) => leavesOf(child, [...path, child.name()]))
}

describe.each(commands)('$path', ({ path, command }) => {
  it('has a summary, and examples that begin with it', () => {
    const { summary, examples } = aboutOf(command)

    expect(summary).toMatch(/^[a-z].*[^.]$/)
    expect(examples.length).toBeGreaterThan(0)
    for (const example of examples) expect(example).toContain(`silhouette ${path.join(' ')}`)
  })

  it('explains each of its options', () => {
    for (const { flags, description } of command.options) expect(description, flags).not.toBe('')
  })

  it('takes --json, except for the server itself', () => {
    expect(command.options.some(({ long }) => long === '--json')).toBe(path[0] !== 'serve')
  })
})

it('prints help with the variables and exit codes on standard output', async () => {
  const { code, stdout, stderr } = await new Person().run(['--help'])

  expect({ code, stderr }).toEqual({ code: 0, stderr: '' })
  for (const variable of ['URL', 'CLIENT', 'TOKEN', 'API_CLIENT_ID', 'API_CLIENT_SECRET', 'TIMEOUT'])
    expect(stdout).toContain(`SILHOUETTE_${variable}`)
  expect(stdout).toContain('0 done, 1 refused, 2 bad usage, 3 not reachable')
})

it('prints the settings of the server in the help of serve', async () => {
  const { code, stdout } = await new Person().run(['serve', '--help'])

  expect(code).toBe(0)
  expect(stdout).toMatch(/Examples:\n {2}silhouette serve\n/)
  expect(stdout).toContain('SILHOUETTE_STORE_URL')
})
