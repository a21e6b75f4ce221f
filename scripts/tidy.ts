// Holds the rules of the tree: who imports whom, names, lengths, what must not be committed.
// CONTRIBUTING.md tells them; `npm run check` runs this.
import path from 'node:path'
import { fileURLToPath } from 'node:url'
import { findUntidy } from './tidy/find.ts'

const findings = findUntidy(path.dirname(path.dirname(fileURLToPath(import.meta.url))))
for (const { path: file, line, message } of findings) console.error(`${file}:${line}: ${message}`)
if (findings.length > 0) process.exitCode = 1
