import { judgeImports } from './imports.ts'
import { judgeLines, judgeNames } from './lines.ts'
import type { Finding } from './tree.ts'
import { readTree } from './tree.ts'

/** Judges a repository by the rules that neither compiler nor linter knows; in the order of files. */
export function findUntidy(root: string): readonly Finding[] {
  const files = readTree(root)
  return [...judgeImports(files), ...judgeLines(files), ...judgeNames(files)].toSorted(
    (one, other) => one.path.localeCompare(other.path) || one.line - other.line,
  )
}
