import { execFile } from 'node:child_process'
import { mkdtempSync, readFileSync, realpathSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { promisify } from 'node:util'
import { expect, it, onTestFinished } from 'vitest'
import { applyMeanwhile, credential, startClient } from './start-client.ts'

const root = path.resolve(import.meta.dirname, '../..')
const run = promisify(execFile)

/** The page's program and what it prints, both in the order of the page. */
function readGuide(): { program: string; prints: string } {
  const page = readFileSync(path.join(root, 'docs/guides/client.md'), 'utf8')
  const blocks = (language: string) =>
    [...page.matchAll(/^```(\w+)\n(.*?)^```$/gms)].flatMap(([, of, text]) => (of === language ? [text] : []))
  return { program: blocks('ts').join('\n'), prints: blocks('text').join('') }
}

const tsc = realpathSync(path.join(root, 'node_modules/.bin/tsc'))

/** Compiles the client as `npm run build` in its workspace does. */
async function buildClient(directory: string): Promise<void> {
  await run(process.execPath, [tsc, '-p', path.join(root, 'client'), '--outDir', directory])
}

/** Compiles a program of somebody who is strict and has Node's types. */
async function compile(file: string): Promise<void> {
  const types = ['--types', 'node', '--typeRoots', path.join(root, 'node_modules/@types')]
  const options = ['--strict', '--noUncheckedIndexedAccess', '--target', 'es2023', '--module', 'nodenext']
  await run(process.execPath, [tsc, ...options, ...types, file], { cwd: path.dirname(file) })
}

// What is built must need nothing beyond Node itself: there is no node_modules where it lies.
it("the guide's program runs in Node on the built client and prints what the guide shows", async () => {
  const app = await startClient()
  applyMeanwhile(app)
  const directory = mkdtempSync(path.join(tmpdir(), 'client-'))
  onTestFinished(() => rmSync(directory, { recursive: true }))
  writeFileSync(path.join(directory, 'package.json'), '{"type":"module"}')
  await buildClient(directory)
  const { program, prints } = readGuide()
  const text = program
    .replaceAll('http://127.0.0.1:8080', app.url)
    .replace("'@silhouette/client'", "'./index.js'")
  writeFileSync(path.join(directory, 'guide.ts'), text)
  await compile(path.join(directory, 'guide.ts'))

  const { stdout } = await run(process.execPath, ['guide.js'], {
    cwd: directory,
    env: {
      PATH: process.env['PATH'],
      CLIENT_ID: credential.clientId,
      CLIENT_SECRET: credential.clientSecret,
    },
    timeout: 20_000,
  })

  expect(stdout).toBe(prints)
})
