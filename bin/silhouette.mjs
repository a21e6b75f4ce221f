#!/usr/bin/env node
// The command `silhouette`. A clone installs and builds what is not current first, as `npm start` does;
// a package from a registry or a tarball holds no sources, and what it needs is in it.
import { existsSync } from 'node:fs'

const isClone = existsSync(new URL('../src/main.ts', import.meta.url))
if (isClone) process.argv.splice(2, 0, 'cli')
await import(isClone ? '../scripts/bootstrap.mjs' : '../dist/cli/main.js')
