import { execFileSync } from 'node:child_process'
import { existsSync, readFileSync } from 'node:fs'
import path from 'node:path'

/** A text file of the repository. */
export interface SourceFile {
  /** From the root, with slashes. */
  readonly path: string
  readonly lines: readonly string[]
}

/** Something that a rule does not allow. */
export interface Finding {
  readonly path: string
  /** From 1. */
  readonly line: number
  readonly message: string
}

/** Reads all text files that are committed or about to be: what Git ignores is not looked at. */
export function readTree(root: string): readonly SourceFile[] {
  const listed = execFileSync('git', ['ls-files', '-z', '--cached', '--others', '--exclude-standard'], {
    cwd: root,
    encoding: 'utf8',
    maxBuffer: 64 * 1024 * 1024,
  })
  const names = new Set(listed.split('\0').filter((name) => name !== ''))
  return [...names]
    .toSorted()
    .filter((name) => existsSync(path.join(root, name)))
    .map((name) => ({ name, bytes: readFileSync(path.join(root, name)) }))
    .filter(({ bytes }) => !bytes.includes(0))
    .map(({ name, bytes }) => ({ path: name, lines: bytes.toString('utf8').split('\n') }))
}

/** Tells whether a file holds code that we write. */
export function isCode(file: SourceFile): boolean {
  return /\.(ts|tsx|mts|mjs|js)$/.test(file.path)
}
