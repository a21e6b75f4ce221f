import { judgeImports } from './imports.ts'
import { judgeLines, judgeNames } from './lines.ts'
import { judgeMessages } from './messages.ts'
import type { Finding } from './tree.ts'
import { readTree } from './tree.ts'

/** Judges a repository by the rules that neither compiler nor linter knows; in the order of files. */
export function findUntidy(root: string): readonly Finding[] {
  const files = readTree(root)
  const judges = [judgeImports, judgeLines, judgeNames, judgeMessages]
  const findings = judges.flatMap((judge) => judge(files))
  return findings.toSorted((one, other) => one.path.localeCompare(other.path) || one.line - other.line)
}
