import type { Command } from 'commander'
import { readConfig } from '../../config.ts'
import { addVerb } from '../command.ts'
import type { Shell } from '../shell.ts'

/** `serve`: the server itself, in this process, so that signals reach it. */
export function addServe(program: Command, shell: Shell): void {
  const command = addVerb(program, 'serve [settings...]', {
    summary: 'run the server',
    details:
      'Takes the settings of `npm start`, as flags or variables. It says where it listens once it does, ' +
      'and ends by SIGTERM or SIGINT when the requests in flight are answered. Exit codes: 0 ended, ' +
      '1 the start failed, 2 a setting is wrong.',
    examples: [
      'silhouette serve',
      'silhouette serve --port 9000 --store lmdb:/var/lib/silhouette',
      'SILHOUETTE_LOG_LEVEL=warn silhouette serve --host 0.0.0.0',
    ],
  })
  command
    .usage('[settings]')
    .allowUnknownOption()
    .passThroughOptions()
    .addHelpText('after', () => `\n${settingsText()}`)
    .action(async () => {
      if (shell.env['npm_command'] === 'exec') endWithParent()
      process.argv = [process.execPath, 'silhouette serve', ...command.args]
      await import('../../main.ts')
    })
}

/** Time between two looks at the parent, ms. */
const parentLookMs = 250

/** `npx` puts a shell in between that hands no signal on: told to end, the two go, and the server must. */
function endWithParent(): void {
  const parent = process.ppid
  const timer = setInterval(() => {
    if (process.ppid === parent) return
    clearInterval(timer)
    process.kill(process.pid, 'SIGTERM')
  }, parentLookMs)
  timer.unref()
}

function settingsText(): string {
  const reading = readConfig({ env: {}, argv: ['--help'] })
  return reading.kind === 'help' ? reading.text : ''
}
