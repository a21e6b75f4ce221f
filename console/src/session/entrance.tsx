import { focusRing, style } from '@react-spectrum/s2/style' with { type: 'macro' }
import type { ReactNode } from 'react'
import { languageCodes, languages, rememberLanguage } from '../lib/language.ts'
import { useLanguage } from '../lib/language-context.ts'
import { useText } from '../lib/text.tsx'
import { Mark } from '../shell/mark.tsx'

/** What stands around the screens of whoever is not signed in yet. */
export function Entrance({ title, children }: { readonly title: string; readonly children: ReactNode }) {
  return (
    <main className={page}>
      <div className={card}>
        <Mark />
        <h1 className={heading}>{title}</h1>
        {children}
      </div>
      <LanguageLinks />
    </main>
  )
}

function LanguageLinks() {
  const t = useText()
  const { current, choose } = useLanguage()
  return (
    <div role="group" aria-label={t('account.language')} className={style({ display: 'flex', gap: 4 })}>
      {languageCodes.map((code) => (
        <button
          key={code}
          type="button"
          lang={code}
          aria-pressed={code === current}
          className={languageButton({ isCurrent: code === current })}
          onClick={() => {
            rememberLanguage(code)
            void choose(code)
          }}
        >
          {languages[code]}
        </button>
      ))}
    </div>
  )
}

const page = style({
  display: 'flex',
  flexDirection: 'column',
  alignItems: 'center',
  justifyContent: 'center',
  gap: 16,
  minHeight: '[100vh]',
  boxSizing: 'border-box',
  padding: 16,
  backgroundColor: 'layer-1',
  font: 'body',
})

const card = style({
  boxSizing: 'border-box',
  width: 'full',
  maxWidth: 400,
  padding: { default: 24, sm: 32 },
  borderRadius: 'xl',
  borderWidth: 1,
  borderStyle: 'solid',
  borderColor: 'gray-200',
  backgroundColor: 'base',
})

const heading = style({ font: 'heading', marginTop: 24, marginBottom: 16 })

const languageButton = style({
  ...focusRing(),
  font: 'ui',
  borderWidth: 0,
  borderRadius: 'default',
  paddingX: 12,
  minHeight: 32,
  backgroundColor: { default: 'transparent', ':hover': 'gray-200' },
  color: { default: 'neutral-subdued', isCurrent: 'neutral' },
  fontWeight: { default: 'normal', isCurrent: 'bold' },
  cursor: 'pointer',
})
