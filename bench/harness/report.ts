import { mkdirSync, writeFileSync } from 'node:fs'
import { cpus, totalmem } from 'node:os'
import path from 'node:path'
import { plot, type Plot } from './plot.ts'

/** Gathers what the benches say, and prints it as it comes. */
export class Report {
  readonly #lines: string[] = []
  readonly #plots: Plot[] = []

  /** A line of Markdown. */
  say(line: string): void {
    this.#lines.push(line)
    process.stdout.write(`${line}\n`)
  }

  title(text: string): void {
    this.say(`\n## ${text}\n`)
  }

  table(head: readonly string[], rows: readonly (readonly string[])[]): void {
    this.say(`| ${head.join(' | ')} |`)
    this.say(`|${' --- |'.repeat(head.length)}`)
    for (const row of rows) this.say(`| ${row.join(' | ')} |`)
  }

  plot(of: Plot): void {
    this.#plots.push(of)
    this.say(`\n![${of.title}](${of.name}.svg)`)
  }

  /** Names what was measured on, and beside what. */
  begin(versions: Readonly<Record<string, string>>): void {
    const gib = (totalmem() / 2 ** 30).toFixed(0)
    const model = cpus()[0]?.model ?? 'an unknown processor'
    this.say('# Benchmarks\n')
    this.say(
      `${new Date().toISOString().slice(0, 10)}; ${cpus().length} cores (${model}), ${gib} GiB of memory;`,
    )
    this.say(
      `Node ${process.version}; ${Object.entries(versions)
        .map(([name, version]) => `${name} ${version}`)
        .join(', ')}.`,
    )
    this.say('\nContenders run in turns; a ratio is the median over the rounds, with its spread in brackets.')
  }

  /** Writes the Markdown under a name, and its plots. */
  write(folder: string, name: string): void {
    mkdirSync(folder, { recursive: true })
    writeFileSync(path.join(folder, `${name}.md`), `${this.#lines.join('\n')}\n`)
    for (const of of this.#plots) writeFileSync(path.join(folder, `${of.name}.svg`), plot(of))
  }
}
