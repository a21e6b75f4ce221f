import english from '../messages/en.json'

/** Languages of the console, by their own names. */
export const languages = { en: 'English', nl: 'Nederlands' } as const

export type Language = keyof typeof languages

export const languageCodes: readonly Language[] = ['en', 'nl']

export type Messages = Readonly<Record<TextKey, string>>
export type TextKey = keyof typeof english

/** Where the language that was chosen on this device is kept. */
const storageKey = 'silhouette.language'

/** English comes with the first load, since it is what is missing a language's fallback. */
export async function loadMessages(language: Language): Promise<Messages> {
  return language === 'nl' ? (await import('../messages/nl.json')).default : english
}

/** The language to begin with: as chosen before on this device, else the browser's first that we have. */
export function firstLanguage(): Language {
  const wanted = [localStorage.getItem(storageKey) ?? '', ...navigator.languages]
  return wanted.map(languageOf).find((language) => language !== undefined) ?? 'en'
}

export function rememberLanguage(language: Language): void {
  localStorage.setItem(storageKey, language)
}

/** The language that a locale is of, if it is one of ours. */
export function languageOf(locale: string): Language | undefined {
  const code = locale.slice(0, 2).toLowerCase()
  return code === 'en' || code === 'nl' ? code : undefined
}

/** How dates and numbers are written: as in the region that the browser names for the language. */
export function localeOf(language: Language): string {
  return navigator.languages.find((locale) => languageOf(locale) === language) ?? language
}
