import path from 'node:path'
import type { Finding, SourceFile } from './tree.ts'
import { isCode } from './tree.ts'

/** A rule that looks at one line at a time. */
interface LineRule {
  readonly message: string
  readonly appliesTo: (file: SourceFile) => boolean
  readonly isFault: (line: string, file: SourceFile) => boolean
}

const codeColumns = 110
const proseColumns = 100

// The brackets keep this file from finding itself.
const unfinished = /\b(?:T[O]DO|FI[X]ME|X[X]X)\b/
const skipped = /\.(?:skip|only|todo)(?:If)?\s*[(.`<]/
const machinePath = /(?<![\w./-])\/(?:root|work|home\/\w+|Users\/\w+)\//
const environment = /\bprocess\s*\.\s*env\b|\bimport\b.*\benv\b.*'node:process'/

const lineRules: readonly LineRule[] = [
  {
    message: `longer than ${codeColumns} columns`,
    appliesTo: isCode,
    // A test's title is a sentence, which the formatter cannot wrap.
    isFault: (line) => columns(line) > codeColumns && !/^\s*(?:it|describe|\])\S*\(['`]/.test(line),
  },
  {
    message: `longer than ${proseColumns} columns; wrap it`,
    appliesTo: (file) => file.path.endsWith('.md'),
    // A table row and a line with a link cannot be wrapped; code blocks are blanked out beforehand.
    isFault: (line) => columns(line) > proseColumns && !/^\s*\||\]\(|https?:\/\//.test(line),
  },
  {
    message: 'a default export; give it a name',
    appliesTo: (file) => isCode(file) && file.path.startsWith('src/'),
    isFault: (line) => /^export\s+default\b|^export\s*\{[^}]*\bas\s+default\b/.test(line),
  },
  {
    message: 're-exports everything; import from where it is written',
    appliesTo: (file) => isCode(file) && file.path.startsWith('src/'),
    isFault: (line) => /^export\s+(?:type\s+)?\*/.test(line),
  },
  {
    message: 'reads the environment; take the setting as an argument (src/config.ts has the table)',
    appliesTo: (file) => /^src\/(?!config\.ts$|main\.ts$|cli\/main\.ts$)/.test(file.path) && isCode(file),
    isFault: (line) => environment.test(line),
  },
  {
    message: 'a marker of unfinished work; finish it or file an issue',
    appliesTo: (file) => file.path !== 'package-lock.json',
    isFault: (line) => unfinished.test(line),
  },
  {
    message: 'a test that is skipped or runs alone; tests always all run',
    appliesTo: (file) => /^(test|bench)\/|\.test\.tsx?$/.test(file.path) && isCode(file),
    isFault: (line) => skipped.test(line),
  },
  {
    message: 'a path of one machine; nobody else has it',
    appliesTo: () => true,
    isFault: (line) => machinePath.test(line),
  },
  {
    message: 'says where a package was fetched from; only its version and hash belong here',
    appliesTo: (file) => file.path === 'package-lock.json',
    isFault: (line) => /"resolved":\s*"\w+:/.test(line),
  },
]

/** Finds lines that go against a rule. */
export function judgeLines(files: readonly SourceFile[]): Finding[] {
  return files.flatMap((file) => {
    const rules = lineRules.filter((rule) => rule.appliesTo(file))
    return (file.path.endsWith('.md') ? withoutCodeBlocks(file.lines) : file.lines).flatMap((line, index) =>
      rules
        .filter((rule) => rule.isFault(line, file))
        .map((rule) => ({ path: file.path, line: index + 1, message: rule.message })),
    )
  })
}

/** Finds files whose names go against a rule. */
export function judgeNames(files: readonly SourceFile[]): Finding[] {
  return files.filter(isCode).flatMap((file) => {
    const name = path.posix.basename(file.path)
    const finding = (message: string) => ({ path: file.path, line: 1, message })
    if (!/^[a-z0-9]+(-[a-z0-9]+)*(\.(test|config|d))?\.\w+$/.test(name)) {
      return [finding('file names are kebab-case: visitor-id.ts')]
    }
    const isBarrel = file.path.startsWith('src/') && name.startsWith('index.')
    return isBarrel ? [finding('no index files in src: an import leads to where the code is')] : []
  })
}

/** Blanks out fenced code, keeping the numbers of the lines. */
function withoutCodeBlocks(lines: readonly string[]): string[] {
  let isCodeBlock = false
  return lines.map((line) => {
    const isFence = /^\s*(```|~~~)/.test(line)
    if (isFence) isCodeBlock = !isCodeBlock
    return isFence || isCodeBlock ? '' : line
  })
}

/** A character of two UTF-16 units is one column. */
function columns(line: string): number {
  return line.replaceAll(/[\uD800-\uDBFF]/g, '').length
}
