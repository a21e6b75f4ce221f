import path from 'node:path'
import type { Finding, SourceFile } from './tree.ts'
import { isCode } from './tree.ts'

const folder = 'console/src/messages/'

/** The language that the others are compared with, and that types of keys are made of. */
const reference = `${folder}en.json`

/** An argument of a text, as opposed to the text of a plural's branch. */
const argument = /(?<!\b(?:zero|one|two|few|many|other|=\d+) )\{(\w+)\s*[,}]/g

type Messages = ReadonlyMap<string, string>

/** Finds texts of the console that a language lacks, that nothing shows, or that lost an argument. */
export function judgeMessages(files: readonly SourceFile[]): Finding[] {
  const languages = files.filter((file) => file.path.startsWith(folder) && file.path.endsWith('.json'))
  const english = languages.find((file) => file.path === reference)
  if (english === undefined) return []
  const texts = readMessages(english)
  const others = languages.filter((file) => file !== english)
  return [
    ...others.flatMap((file) => compare(file, texts)),
    ...languages.flatMap(findDisorder),
    ...findUnused(english, texts, files),
  ]
}

function readMessages(file: SourceFile): Messages {
  const parsed: unknown = JSON.parse(file.lines.join('\n'))
  return new Map(Object.entries(Object(parsed)).map(([key, text]) => [key, String(text)]))
}

function compare(file: SourceFile, english: Messages): Finding[] {
  const texts = readMessages(file)
  const language = path.posix.basename(file.path, '.json')
  const missing = [...english.keys()]
    .filter((key) => !texts.has(key))
    .map((key) => ({ path: file.path, line: 1, message: `${language} lacks ${key}` }))
  const strange = [...texts].flatMap(([key, text]) => {
    const original = english.get(key)
    if (original === undefined) return [at(file, key, `en.json has no ${key}`)]
    const same = argumentsOf(text) === argumentsOf(original)
    return same ? [] : [at(file, key, `${key} has other arguments than in English`)]
  })
  return [...missing, ...strange]
}

function argumentsOf(text: string): string {
  const names = [...text.matchAll(argument)].map((match) => match[1] ?? '')
  return [...new Set(names)].toSorted((one, other) => one.localeCompare(other)).join(' ')
}

function findDisorder(file: SourceFile): Finding[] {
  const keys = [...readMessages(file).keys()]
  const index = keys.findIndex((key, place) => place > 0 && key < (keys[place - 1] ?? ''))
  const key = keys[index]
  return key === undefined ? [] : [at(file, key, `${key} is out of order; keys are sorted`)]
}

/** A key is used where it stands quoted in the console's code. */
function findUnused(file: SourceFile, texts: Messages, files: readonly SourceFile[]): Finding[] {
  const sources = files.filter((each) => isCode(each) && each.path.startsWith('console/src/'))
  const code = sources.map(({ lines }) => lines.join('\n')).join('\n')
  return [...texts.keys()]
    .filter((key) => !code.includes(`'${key}'`))
    .map((key) => at(file, key, `nothing shows ${key}`))
}

function at(file: SourceFile, key: string, message: string): Finding {
  const line = file.lines.findIndex((text) => text.includes(`"${key}":`)) + 1
  return { path: file.path, line, message }
}
