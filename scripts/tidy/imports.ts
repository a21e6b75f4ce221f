import path from 'node:path'
import type { Finding, SourceFile } from './tree.ts'
import { isCode } from './tree.ts'
import type { Zone } from './zones.ts'
import { placedPackages, zones } from './zones.ts'

/** One import of a file. */
interface Import {
  readonly line: number
  readonly specifier: string
  /** Erased when compiled. */
  readonly isType: boolean
  /** Path from the root, if it is a file of ours. */
  readonly target: string | undefined
}

/** Finds imports that go against the arrows, and imports in a circle. */
export function judgeImports(files: readonly SourceFile[]): Finding[] {
  const imports = new Map(files.filter(isCode).map((file) => [file.path, readImports(file)]))
  const findings: Finding[] = []
  for (const [from, list] of imports) {
    const zone = zones.find((candidate) => candidate.files.test(from))
    if (zone === undefined) continue
    for (const imported of list) {
      const message = judgeImport(zone, imported)
      if (message !== undefined) findings.push({ path: from, line: imported.line, message })
    }
  }
  return [...findings, ...findCycles(imports)]
}

/**
 * Reads the specifiers of static and dynamic imports and of re-exports.
 *
 * A scan, not a parser: a statement is taken to begin its line, which the formatter sees to.
 */
export function readImports(file: SourceFile): Import[] {
  const text = file.lines.join('\n')
  const patterns = [
    /^(?:import|export)\s+(?<type>type\s+)?[\w$*{}\s,]*?\bfrom\s*['"](?<specifier>[^'"]+)['"]/gm,
    /^import\s*['"](?<specifier>[^'"]+)['"]/gm,
    /^(?!\s*(?:\/\/|\*)).*?\bimport\(\s*['"](?<specifier>[^'"]+)['"]/gm,
  ]
  return patterns.flatMap((pattern) =>
    [...text.matchAll(pattern)].map((match) => {
      const specifier = match.groups?.['specifier'] ?? ''
      return {
        line: lineOf(text, match),
        specifier,
        isType: match.groups?.['type'] !== undefined,
        target: specifier.startsWith('.')
          ? path.posix.normalize(path.posix.join(path.posix.dirname(file.path), specifier))
          : undefined,
      }
    }),
  )
}

/** The line of the specifier, since that is what has to change. */
function lineOf(text: string, match: RegExpMatchArray): number {
  return text.slice(0, (match.index ?? 0) + match[0].length).split('\n').length
}

function judgeImport(zone: Zone, imported: Import): string | undefined {
  const { specifier, target } = imported
  if (target !== undefined) {
    if (!isAmong(zone.ours, target)) return `${zone.name} must not import ${target}`
    const typesOnly = isAmong(zone.typesOnly ?? [], target) && !imported.isType
    return typesOnly ? `${zone.name} may import ${target} for its types alone: \`import type\`` : undefined
  }
  if (specifier.startsWith('node:')) {
    const allowed = zone.nodeModules?.includes(specifier) ?? true
    return allowed ? undefined : `${zone.name} must not import ${specifier}`
  }
  return mayImportPackage(zone, specifier)
    ? undefined
    : `${zone.name} must not import the package ${specifier}`
}

function mayImportPackage(zone: Zone, specifier: string): boolean {
  if (zone.packages === 'any') return true
  if (zone.packages === 'all') return !isPackageAmong(placedPackages, specifier)
  return isPackageAmong(zone.packages, specifier)
}

function isPackageAmong(packages: readonly string[], specifier: string): boolean {
  return packages.some((name) =>
    name.endsWith('/') ? specifier.startsWith(name) : specifier === name || specifier.startsWith(`${name}/`),
  )
}

function isAmong(targets: readonly string[], target: string): boolean {
  return targets.some((one) => (one.endsWith('/') ? target.startsWith(one) : target === one))
}

/** Finds each circle of imports once; types count too, since a reader follows them as well. */
function findCycles(imports: ReadonlyMap<string, readonly Import[]>): Finding[] {
  const findings: Finding[] = []
  const done = new Set<string>()
  const visit = (from: string, trail: readonly string[]) => {
    if (done.has(from)) return
    for (const { target, line } of imports.get(from) ?? []) {
      if (target === undefined || !imports.has(target)) continue
      const at = target === from ? trail.length : trail.indexOf(target)
      const circle = [...trail.slice(at), from, target]
      if (at >= 0) findings.push({ path: from, line, message: `imports in a circle: ${circle.join(' → ')}` })
      else visit(target, [...trail, from])
    }
    done.add(from)
  }
  for (const file of imports.keys()) if (file.startsWith('src/')) visit(file, [])
  return findings
}
