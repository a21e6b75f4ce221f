import type { SettingDescription } from '../../src/config.ts'
import { describeSettings } from '../../src/config.ts'

/** The reference page of all settings, as Markdown. */
export function settingsReference(): string {
  return [
    '<!-- Made by `npm run generate` from src/config.ts; edit that. -->',
    '',
    '# Settings',
    '',
    'Each setting is an environment variable and a flag: `npm start -- --port 9000` or',
    '`npm start -- --port=9000`. A flag goes before the variable, the variable before the default.',
    'An empty variable counts as absent.',
    '',
    'A setting that cannot be taken, and a flag or a `SILHOUETTE_` variable that does not exist, stop',
    'the server before it does anything: it names all of them at once and ends with exit code 2.',
    '`npm start -- --help` prints this list. Those of [the command line](cli.md) are left alone.',
    '',
    '| Variable | Flag | Default | Takes | Meaning |',
    '| --- | --- | --- | --- | --- |',
    ...describeSettings().map(settingRow),
    '',
  ].join('\n')
}

function settingRow(setting: SettingDescription): string {
  const flags = setting.flags.map((flag) => `\`${flag}\``).join(', ')
  const defaultText = setting.defaultText === '' ? 'none' : `\`${setting.defaultText}\``
  return `| \`${setting.variable}\` | ${flags} | ${defaultText} | ${setting.accepts} | ${setting.doc} |`
}

/** A file of variables with every setting at its default, commented out. */
export function envExample(): string {
  return [
    '# Made by `npm run generate` from src/config.ts; edit that.',
    '# Every setting at its default. The server does not read this file: a service manager, a container',
    '# or `set -a; . ./.env` hands the variables on.',
    ...describeSettings().flatMap(settingLines),
    '',
  ].join('\n')
}

function settingLines({ variable, doc, accepts, defaultText }: SettingDescription): string[] {
  return ['', ...wrapComment(`${doc} Takes ${accepts}.`), `#${variable}=${defaultText}`]
}

const commentColumns = 100

function wrapComment(text: string): string[] {
  const lines: string[] = []
  let line = '#'
  for (const word of text.split(' ')) {
    if (line.length + 1 + word.length > commentColumns) {
      lines.push(line)
      line = '#'
    }
    line += ` ${word}`
  }
  return [...lines, line]
}
