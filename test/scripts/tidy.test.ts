import { execFileSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { afterEach, describe, expect, it } from 'vitest'
import { findUntidy } from '../../scripts/tidy/find.ts'

const folders: string[] = []
afterEach(() => {
  for (const folder of folders.splice(0)) rmSync(folder, { recursive: true, force: true })
})

/** What tidy says of a repository that holds these files, as it prints it. */
function untidy(files: Readonly<Record<string, string>>): string[] {
  const root = mkdtempSync(path.join(tmpdir(), 'tidy-'))
  folders.push(root)
  execFileSync('git', ['init', '--quiet'], { cwd: root })
  for (const [name, text] of Object.entries(files)) {
    mkdirSync(path.dirname(path.join(root, name)), { recursive: true })
    writeFileSync(path.join(root, name), text)
  }
  return findUntidy(root).map((finding) => `${finding.path}:${finding.line}: ${finding.message}`)
}

// Faulty text is put together here, so that tidy does not find it in this file.
const join = (...parts: string[]) => parts.join('')

describe('import rules', () => {
  it.each([
    ['src/lib/a.ts', '../model/b.ts', 'lib must not import src/model/b.ts'],
    ['src/lib/a.ts', 'pino', 'lib must not import the package pino'],
    ['src/wire/a.ts', '../domain/b.ts', 'wire must not import src/domain/b.ts'],
    ['src/wire/a.ts', '../store/store.ts', 'wire must not import src/store/store.ts'],
    ['src/model/a.ts', 'node:fs', 'model must not import node:fs'],
    ['src/model/a.ts', '../store/store.ts', 'model must not import src/store/store.ts'],
    ['src/store/store.ts', 'lmdb', 'store.ts must not import the package lmdb'],
    ['src/store/store.ts', './lmdb/b.ts', 'store.ts must not import src/store/lmdb/b.ts'],
    ['src/store/lmdb/a.ts', '../memory/b.ts', 'store/lmdb must not import src/store/memory/b.ts'],
    ['src/store/lmdb/a.ts', '../../domain/b.ts', 'store/lmdb must not import src/domain/b.ts'],
    ['src/store/lmdb/a.ts', 'cassandra-driver', 'store/lmdb must not import the package cassandra-driver'],
    ['src/store/memory/a.ts', 'lmdb', 'store/memory must not import the package lmdb'],
    ['src/domain/a.ts', 'fastify', 'domain must not import the package fastify'],
    ['src/domain/a.ts', '@fastify/cors', 'domain must not import the package @fastify/cors'],
    ['src/domain/batches/a.ts', '../../wire/b.ts', 'domain must not import src/wire/b.ts'],
    ['src/domain/a.ts', 'node:fs', 'domain must not import node:fs'],
    ['src/http/a.ts', '../store/store.ts', 'http must not import src/store/store.ts'],
    ['src/http/services.ts', '../store/lmdb/b.ts', 'http/services.ts must not import src/store/lmdb/b.ts'],
    ['src/http/a.ts', '../config.ts', 'http must not import src/config.ts'],
    ['src/cli/a.ts', '../http/b.ts', 'cli must not import src/http/b.ts'],
    ['src/config.ts', './domain/b.ts', 'config.ts must not import src/domain/b.ts'],
    ['src/elsewhere/a.ts', '../model/b.ts', 'src must not import src/model/b.ts'],
    ['client/src/a.ts', '../../src/lib/b.ts', 'client must not import src/lib/b.ts'],
    ['console/src/a.tsx', '../../src/lib/b.ts', 'console must not import src/lib/b.ts'],
  ])('%s may not import %s', (file, specifier, message) => {
    expect(untidy({ [file]: `import { b } from '${specifier}'\n` })).toEqual([`${file}:1: ${message}`])
  })

  it.each([
    ['src/lib/a.ts', 'node:crypto'],
    ['src/model/a.ts', '../lib/b.ts'],
    ['src/store/lmdb/a.ts', 'lmdb'],
    ['src/store/lmdb/a.ts', '../store.ts'],
    ['src/domain/a.ts', '../model/b.ts'],
    ['src/http/services.ts', '../store/store.ts'],
    ['src/http/routes/a.ts', '../../domain/b.ts'],
    ['src/main.ts', './store/lmdb/b.ts'],
    ['src/app.ts', 'fastify'],
    ['test/http/a.ts', '../../src/store/lmdb/b.ts'],
  ])('%s may import %s', (file, specifier) => {
    expect(untidy({ [file]: `import { b } from '${specifier}'\n` })).toEqual([])
  })

  it('the domain imports the store for its types alone', () => {
    const value = untidy({ 'src/domain/a.ts': "import { b } from '../store/store.ts'\n" })
    const type = untidy({ 'src/domain/a.ts': "import type { B } from '../store/store.ts'\n" })

    expect(value).toEqual([
      'src/domain/a.ts:1: domain may import src/store/store.ts for its types alone: `import type`',
    ])
    expect(type).toEqual([])
  })

  it.each([
    ["import {\n  a,\n  type B,\n} from 'lmdb'\n", 4],
    ["\nexport { a } from 'lmdb'\n", 2],
    ["import 'lmdb'\n", 1],
    ["\n\nconst a = await import('lmdb')\n", 3],
    ["import * as lmdb from 'lmdb'\n", 1],
    ["import lmdb, { a } from 'lmdb'\n", 1],
    ["import type { A } from 'lmdb'\n", 1],
    ["import a from 'lmdb/dist/inner.js'\n", 1],
  ])('an import is seen however it is written: %j', (text, line) => {
    expect(untidy({ 'src/http/a.ts': text })).toEqual([
      expect.stringMatching(`^src/http/a.ts:${line}: http must not import the package lmdb`),
    ])
  })

  it('an import in a comment is none', () => {
    expect(untidy({ 'src/lib/a.ts': "// import { a } from 'pino'\n/**\n * import('pino')\n */\n" })).toEqual(
      [],
    )
  })

  it('reports a circle once, with the whole way round', () => {
    const found = untidy({
      'src/lib/a.ts': "import { b } from './b.ts'\n",
      'src/lib/b.ts': "\nimport type { C } from './c.ts'\n",
      'src/lib/c.ts': "import { a } from './a.ts'\n",
      'src/lib/d.ts': "import { a } from './a.ts'\n",
    })

    expect(found).toEqual([
      'src/lib/c.ts:1: imports in a circle: src/lib/a.ts → src/lib/b.ts → src/lib/c.ts → src/lib/a.ts',
    ])
  })
})

describe('rules of a line', () => {
  it.each([
    ['src/lib/a.ts', 'export default 1', 'a default export'],
    ['src/lib/a.ts', 'export { a as default }', 'a default export'],
    ['src/lib/a.ts', "export * from './b.ts'", 're-exports everything'],
    ['src/lib/a.ts', `// ${'x'.repeat(108)}`, 'longer than 110 columns'],
    ['src/http/a.ts', 'const a = process.env.A', 'reads the environment'],
    ['src/http/a.ts', "import { env } from 'node:process'", 'reads the environment'],
    ['docs/a.md', 'word '.repeat(21), 'longer than 100 columns'],
    ['src/lib/a.ts', join('// TO', 'DO: more'), 'a marker of unfinished work'],
    ['docs/a.md', join('FIX', 'ME'), 'a marker of unfinished work'],
    ['test/a.test.ts', join('it.ski', "p('a', () => {})"), 'a test that is skipped'],
    ['test/a.test.ts', join('describe.onl', "y('a', () => {})"), 'a test that is skipped'],
    ['test/a.test.ts', join('it.tod', "o('a')"), 'a test that is skipped'],
    ['test/a.test.ts', join('it.ski', "pIf(slow)('a', () => {})"), 'a test that is skipped'],
    ['test/a.test.ts', join('it.onl', "y.each([1])('a', () => {})"), 'a test that is skipped'],
    ['docs/a.md', join('see /ro', 'ot/notes.txt'), 'a path of one machine'],
    ['scripts/a.mjs', join("'/ho", "me/ada/tree'"), 'a path of one machine'],
    ['package-lock.json', '"resolved": "https://example.test/a.tgz"', 'says where a package was fetched'],
  ])('%s: %s', (file, line, message) => {
    expect(untidy({ [file]: `\n${line}\n` })).toEqual([expect.stringMatching(`^${file}:2: ${message}`)])
  })

  it.each([
    ['src/config.ts', 'const a = process.env'],
    ['src/main.ts', 'const a = process.env'],
    ['bench/a.ts', 'const a = process.env'],
    ['vitest.config.ts', 'export default 1'],
    ['docs/a.md', `| ${'cell '.repeat(30)} |`],
    ['docs/a.md', `[a link](${'x'.repeat(100)})`],
    ['docs/a.md', `\`\`\`\n${'x'.repeat(120)}\n\`\`\``],
    ['src/lib/a.ts', `// ${'😀'.repeat(107)}`],
    ['docs/a.md', 'https://example.test/home/ada/'],
    ['package-lock.json', '"resolved": "test"'],
  ])('%s may hold: %s', (file, line) => {
    expect(untidy({ [file]: `${line}\n` })).toEqual([])
  })
})

describe('rules of a name', () => {
  it.each(['src/lib/visitorId.ts', 'test/Tidy.test.ts', 'scripts/a_b.mjs', 'console/src/App.tsx'])(
    '%s is not kebab-case',
    (file) => {
      expect(untidy({ [file]: '' })).toEqual([`${file}:1: file names are kebab-case: visitor-id.ts`])
    },
  )

  it('src has no index files', () => {
    expect(untidy({ 'src/model/index.ts': '' })).toEqual([
      'src/model/index.ts:1: no index files in src: an import leads to where the code is',
    ])
  })
})

it('what Git ignores is not looked at', () => {
  expect(untidy({ '.gitignore': 'data/\n', 'data/A.ts': 'export default 1\n' })).toEqual([])
})

describe('texts of the console', () => {
  const english = { 'a.title': 'Hello {name}', 'b.count': '{count, plural, one {it} other {them}}' }
  const code = "t('a.title'); t('b.count')\n"
  const repository = (dutch: Readonly<Record<string, string>>, more = {}) => ({
    'console/src/messages/en.json': JSON.stringify({ ...english, ...more }, undefined, 2),
    'console/src/messages/nl.json': JSON.stringify(dutch, undefined, 2),
    'console/src/a.tsx': code,
  })

  it('two languages with the same keys and arguments are tidy', () => {
    const dutch = { 'a.title': 'Dag {name}', 'b.count': '{count, plural, one {het} other {ze}}' }

    expect(untidy(repository(dutch))).toEqual([])
  })

  it('a key that a language lacks, or that it alone has, is found', () => {
    const dutch = { 'a.title': 'Dag {name}', 'c.other': 'Anders' }

    expect(untidy(repository(dutch))).toEqual([
      'console/src/messages/nl.json:1: nl lacks b.count',
      'console/src/messages/nl.json:3: en.json has no c.other',
    ])
  })

  it('a text that lost its argument is found', () => {
    const dutch = { 'a.title': 'Dag', 'b.count': '{count, plural, one {het} other {ze}}' }

    expect(untidy(repository(dutch))).toEqual([
      'console/src/messages/nl.json:2: a.title has other arguments than in English',
    ])
  })

  it('a key that nothing shows, and one out of order, are found', () => {
    const more = { 'a.other': 'Other' }
    const dutch = { 'a.other': 'Ander', 'a.title': 'Dag {name}', 'b.count': '{count}' }

    expect(untidy(repository(dutch, more))).toEqual([
      'console/src/messages/en.json:4: a.other is out of order; keys are sorted',
      'console/src/messages/en.json:4: nothing shows a.other',
    ])
  })
})
