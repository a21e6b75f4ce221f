import { Refusal } from '../../lib/errors.ts'
import { userId } from './people.ts'

/** Characters that a password has at least, and at most. */
export const passwordCharsMin = 12
export const passwordCharsMax = 256

/** What is a repetition of fewer characters than this is guessed whatever they are. */
const wordCharsMin = 4

/** Rows of keyboards, the alphabet and the digits: what runs along them is guessed first. */
const runs = [
  'abcdefghijklmnopqrstuvwxyz',
  '0123456789012345678901234567890',
  'qwertyuiopasdfghjklzxcvbnm',
  'qwertzuiopasdfghjklyxcvbnm',
  'azertyuiopqsdfghjklmwxcvbn',
  '1qaz2wsx3edc4rfv5tgb6yhn7ujm',
  '1q2w3e4r5t6y7u8i9o0p',
].flatMap((run) => [run, Array.from(run).toReversed().join('')])

/** Signs that stand for letters in passwords that only look hard to guess. */
const lookalikes: Readonly<Record<string, string>> = {
  '0': 'o',
  '1': 'i',
  '3': 'e',
  '4': 'a',
  '5': 's',
  '7': 't',
  '8': 'b',
  '@': 'a',
  $: 's',
  '!': 'i',
  '€': 'e',
}

let commonPasswords: Promise<ReadonlySet<string>> | undefined

/** The most common passwords, in lower case; read when the first password is judged. */
function readCommon(): Promise<ReadonlySet<string>> {
  return (commonPasswords ??= import('@zxcvbn-ts/language-common').then(
    ({ dictionary }) => new Set(dictionary['passwords-common'].map((word) => word.toLowerCase())),
  ))
}

/**
 * Refuses a new password that is too short, too long, or among those that are tried first: the most
 * common ones in any case and in their usual disguises, what repeats itself, what runs along a
 * keyboard, and the person's own address or name.
 *
 * @throws Refusal `password_refused`, which says why
 */
export async function requireGoodPassword(
  password: string,
  { email, name = '' }: { email: string; name?: string },
): Promise<void> {
  const text = password.normalize('NFKC')
  const { length } = Array.from(text)
  if (length < passwordCharsMin) throw refused(`has ${length} characters; use ${passwordCharsMin} or more`)
  if (length > passwordCharsMax) throw refused(`has ${length} characters; use ${passwordCharsMax} at most`)
  const forms = formsOf(text.toLowerCase())
  const own = new Set([userId(email), userId(email).split('@')[0], name.toLowerCase().replaceAll(/\s/g, '')])
  if (forms.some((form) => own.has(form))) {
    throw refused('is made of the e-mail address or the name; choose something that others do not know')
  }
  const common = await readCommon()
  if (forms.some((form) => isGuessable(form, common))) {
    throw refused('is one of the most common, or a variation of it; several words of your own are better')
  }
}

function refused(why: string): Refusal {
  return new Refusal('password_refused', `The password ${why}.`)
}

function isGuessable(form: string, common: ReadonlySet<string>): boolean {
  return form.length < wordCharsMin || common.has(form) || runs.some((run) => run.includes(form))
}

/** A text, what it repeats, and the same without the usual disguises. */
function formsOf(text: string): string[] {
  const joined = text.replaceAll(/\s/g, '')
  const plain = [joined, bareOf(joined)].flatMap((form) => [form, undisguised(form)])
  return [text, ...plain.flatMap((form) => [form, repeatedPart(form), repeatedPart(bareOf(form))])]
}

/** Without the digits and signs at both ends, if they are no more than the rest: `Password2024!`. */
function bareOf(text: string): string {
  const bare = text.replaceAll(/^[^\p{L}]+|[^\p{L}]+$/gu, '')
  return bare.length * 2 >= text.length ? bare : text
}

function undisguised(text: string): string {
  return Array.from(text, (character) => lookalikes[character] ?? character).join('')
}

/** The shortest part that the text is a repetition of; the text itself when there is none. */
function repeatedPart(text: string): string {
  const at = (text + text).indexOf(text, 1)
  return at > 0 ? text.slice(0, at) : text
}
