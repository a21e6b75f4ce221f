import { createContext, use } from 'react'
import type { Language } from './language.ts'

interface LanguageChoice {
  readonly current: Language
  readonly choose: (language: Language) => Promise<void>
}

export const LanguageContext = createContext<LanguageChoice | undefined>(undefined)

/** The language in use, and how to change it. */
export function useLanguage(): LanguageChoice {
  const choice = use(LanguageContext)
  if (choice === undefined) throw new Error('every component is inside the app')
  return choice
}
