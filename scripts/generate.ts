// Writes the files that are made from code, or with --check compares them. Run by `npm run generate`
// and `npm run check`; to add a file, add a line to `generated`.
import { mkdir, readFile, writeFile } from 'node:fs/promises'
import path from 'node:path'
import { fileURLToPath } from 'node:url'
import { format, resolveConfig } from 'prettier'
import { clientErrorCodes } from './generate/client.ts'
import { errorsReference } from './generate/errors.ts'
import { httpReference } from './generate/http.ts'
import { metricsReference } from './generate/metrics.ts'
import { permissionsReference } from './generate/permissions.ts'
import { envExample, settingsReference } from './generate/settings.ts'
import { clientWireTypes } from './generate/wire-types.ts'

/** Path in the repository → what makes its text. */
const generated: Readonly<Record<string, () => string | Promise<string>>> = {
  '.env.example': envExample,
  'client/src/error-codes.ts': clientErrorCodes,
  'client/src/wire.ts': clientWireTypes,
  // The command line imports the client as it is built, so it is loaded once that is done.
  'docs/reference/cli.md': async () => (await import('./generate/cli.ts')).cliReference(),
  'docs/reference/errors.md': errorsReference,
  'docs/reference/http.md': httpReference,
  'docs/reference/metrics.md': metricsReference,
  'docs/reference/permissions.md': permissionsReference,
  'docs/reference/settings.md': settingsReference,
}

const root = path.dirname(path.dirname(fileURLToPath(import.meta.url)))
const isCheck = process.argv.includes('--check')
// The client's own files alone: it is built from them, and what comes after needs it built.
const isForClient = process.argv.includes('--client')
let stale = 0

for (const [name, make] of Object.entries(generated)) {
  if (isForClient && !name.startsWith('client/')) continue
  const file = path.join(root, name)
  const text = await formatted(name, await make())
  if ((await readIfThere(file)) === text) continue
  stale++
  if (isCheck) {
    console.error(`${name}:1: is not what the code says; run \`npm run generate\``)
  } else {
    await mkdir(path.dirname(file), { recursive: true })
    await writeFile(file, text)
    console.error(`wrote ${name}`)
  }
}
if (isCheck && stale > 0) process.exitCode = 1

/** As the formatter has it, so that a change shows as a change of few lines. */
async function formatted(name: string, text: string): Promise<string> {
  if (name.endsWith('.md')) return format(text, { parser: 'markdown', proseWrap: 'always', printWidth: 100 })
  if (!name.endsWith('.ts')) return text
  const file = path.join(root, name)
  return format(text, { ...(await resolveConfig(file)), filepath: file })
}

async function readIfThere(file: string): Promise<string | undefined> {
  try {
    return await readFile(file, 'utf8')
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return undefined
    throw error
  }
}
