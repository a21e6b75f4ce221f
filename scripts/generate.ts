// Writes the files that are made from code, or with --check compares them. Run by `npm run generate`
// and `npm run check`; to add a file, add a line to `generated`.
import { mkdir, readFile, writeFile } from 'node:fs/promises'
import path from 'node:path'
import { fileURLToPath } from 'node:url'
import { format, resolveConfig } from 'prettier'
import { cliReference } from './generate/cli.ts'
import { clientErrorCodes } from './generate/client.ts'
import { errorsReference } from './generate/errors.ts'
import { metricsReference } from './generate/metrics.ts'
import { permissionsReference } from './generate/permissions.ts'
import { envExample, settingsReference } from './generate/settings.ts'

/** Path in the repository → what makes its text. */
const generated: Readonly<Record<string, () => string>> = {
  '.env.example': envExample,
  'client/src/error-codes.ts': clientErrorCodes,
  'docs/reference/cli.md': cliReference,
  'docs/reference/errors.md': errorsReference,
  'docs/reference/metrics.md': metricsReference,
  'docs/reference/permissions.md': permissionsReference,
  'docs/reference/settings.md': settingsReference,
}

const root = path.dirname(path.dirname(fileURLToPath(import.meta.url)))
const isCheck = process.argv.includes('--check')
let stale = 0

for (const [name, make] of Object.entries(generated)) {
  const file = path.join(root, name)
  const text = await formatted(name, make())
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
  if (name.endsWith('.md')) return format(text, { parser: 'markdown' })
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
