import { Command } from 'commander'
import { addJson } from './command.ts'
import { addAudit } from './commands/audit.ts'
import { addAuth } from './commands/auth.ts'
import { addBackup } from './commands/backup.ts'
import { addBatch } from './commands/batch.ts'
import { addCallers } from './commands/callers.ts'
import { addClient } from './commands/client.ts'
import { addCredential } from './commands/credential.ts'
import { addDoctor } from './commands/doctor.ts'
import { addLogin } from './commands/login.ts'
import { addProfile } from './commands/profile.ts'
import { addServe } from './commands/serve.ts'
import { addStore } from './commands/store.ts'
import { addToken } from './commands/token.ts'
import { addUser } from './commands/user.ts'
import { addWorkspace } from './commands/workspace.ts'
import { addConnection } from './connection.ts'
import type { Shell } from './shell.ts'
import { packageVersion } from '../lib/version.ts'

const summary = `Runs and administers Silhouette, a self-hosted visitor-profile service.

What a command needs to reach the service comes from its flags, else from the variables named below,
else from what \`silhouette login\` stored. Everybody on this machine can read flags in the list of
processes: give secrets by variables, by login, or as - from standard input.

Exit codes: 0 done, 1 refused, 2 bad usage, 3 not reachable.`

/** In the order of help. */
const nouns = [
  addServe,
  addLogin,
  addClient,
  addAuth,
  addToken,
  addBatch,
  addProfile,
  addCredential,
  addUser,
  addWorkspace,
  addCallers,
  addAudit,
  addBackup,
  addDoctor,
  addStore,
]

/** Makes the tree of all commands. */
export function buildProgram(shell: Shell): Command {
  const program = new Command('silhouette')
    .description(summary)
    .version(packageVersion(), '--version', 'print the version')
    .enablePositionalOptions()
    .exitOverride()
    .configureHelp({ helpWidth: 100 })
    .configureOutput({
      writeOut: (text) => void shell.stdout.write(text),
      writeErr: (text) => void shell.stderr.write(text),
      getOutHelpWidth: () => shell.stdout.columns ?? helpColumns,
      getErrHelpWidth: () => shell.stderr.columns ?? helpColumns,
      getOutHasColors: () => false,
      getErrHasColors: () => false,
      // What is wrong is told once, by the caller, in one form with all other failures.
      outputError: () => {},
    })
  addConnection(addJson(program))
  for (const addTo of nouns) addTo(program, shell)
  return program
}

/** Where there is no terminal. */
const helpColumns = 100
