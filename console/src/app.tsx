import { Provider, ToastContainer } from '@react-spectrum/s2'
import { QueryClientProvider } from '@tanstack/react-query'
import { useEffect, useMemo, useState } from 'react'
import { IntlProvider } from 'react-intl'
import { RouterProvider } from 'react-router'
import { loadMessages, localeOf, type Language, type Messages } from './lib/language.ts'
import { LanguageContext } from './lib/language-context.ts'
import { makeQueryClient } from './lib/queries.ts'
import { router } from './router.tsx'

interface Speech {
  readonly language: Language
  readonly messages: Messages
}

/** The whole console: its language, what the server said, and the screens. */
export function App({ first }: { readonly first: Speech }) {
  const [speech, setSpeech] = useState(first)
  const [queries] = useState(makeQueryClient)
  const locale = localeOf(speech.language)
  useEffect(() => void (document.documentElement.lang = speech.language), [speech])
  const language = useMemo(
    () => ({
      current: speech.language,
      choose: async (next: Language) => setSpeech({ language: next, messages: await loadMessages(next) }),
    }),
    [speech],
  )
  return (
    <QueryClientProvider client={queries}>
      <LanguageContext value={language}>
        <IntlProvider locale={locale} messages={speech.messages} onError={reportText}>
          <Provider
            locale={locale}
            router={{ navigate: (path) => void router.navigate(path), useHref: (href) => `/console${href}` }}
          >
            <RouterProvider router={router} />
            <ToastContainer placement="bottom end" />
          </Provider>
        </IntlProvider>
      </LanguageContext>
    </QueryClientProvider>
  )
}

/** A text that is missing or malformed is a bug: it shows as its key, and here. */
function reportText(error: Error) {
  console.error(error.message)
}
