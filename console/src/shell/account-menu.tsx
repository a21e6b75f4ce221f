import {
  ActionButton,
  DialogContainer,
  Header,
  Heading,
  Menu,
  MenuItem,
  MenuSection,
  MenuTrigger,
  Text,
  ToastQueue,
} from '@react-spectrum/s2'
import Leave from '@react-spectrum/s2/icons/Leave'
import Lock from '@react-spectrum/s2/icons/Lock'
import UserAvatar from '@react-spectrum/s2/icons/UserAvatar'
import { style } from '@react-spectrum/s2/style' with { type: 'macro' }
import { useMutation, useQueryClient } from '@tanstack/react-query'
import { lazy, Suspense, useState } from 'react'
import { appearances, chooseAppearance, useAppearance, type Appearance } from '../lib/appearance.ts'
import { languageCodes, languages, rememberLanguage, type Language, type TextKey } from '../lib/language.ts'
import { useLanguage } from '../lib/language-context.ts'
import { useProblemText } from '../lib/problem-text.ts'
import { sessionQuery } from '../lib/queries.ts'
import { useSession } from '../lib/session-context.ts'
import { serverFor } from '../lib/server.ts'
import { useText } from '../lib/text.tsx'

const PasswordDialog = lazy(async () => ({
  default: (await import('./password-dialog.tsx')).PasswordDialog,
}))

const appearanceTitles: Readonly<Record<Appearance, TextKey>> = {
  system: 'account.appearance.system',
  light: 'account.appearance.light',
  dark: 'account.appearance.dark',
}

/** Who is signed in, and what they choose for themselves. */
export function AccountMenu() {
  const t = useText()
  const { user } = useSession()
  const [isPasswordOpen, setPasswordOpen] = useState(false)
  const signOut = useSignOut()
  return (
    <>
      <MenuTrigger align="end">
        <ActionButton isQuiet aria-label={t('account.menu', { name: user.name || user.email })}>
          <UserAvatar />
          {/* Narrow windows have no room for it; the menu says it as well. */}
          <Text styles={style({ display: { default: 'none', sm: 'block' } })}>{user.name || user.email}</Text>
        </ActionButton>
        <Menu
          onAction={(key) => {
            if (key === 'password') setPasswordOpen(true)
            if (key === 'signOut') signOut()
          }}
        >
          <MenuSection>
            <Header>
              <Heading>{user.name || user.email}</Heading>
              <Text slot="description">{user.email}</Text>
            </Header>
            {user.hasPassword && (
              <MenuItem id="password" textValue={t('password.title')}>
                <Lock />
                <Text slot="label">{t('password.title')}</Text>
              </MenuItem>
            )}
            <MenuItem id="signOut" textValue={t('account.signOut')}>
              <Leave />
              <Text slot="label">{t('account.signOut')}</Text>
            </MenuItem>
          </MenuSection>
          <LanguageSection />
          <AppearanceSection />
        </Menu>
      </MenuTrigger>
      <DialogContainer onDismiss={() => setPasswordOpen(false)}>
        {isPasswordOpen && (
          <Suspense>
            <PasswordDialog />
          </Suspense>
        )}
      </DialogContainer>
    </>
  )
}

function LanguageSection() {
  const t = useText()
  const { current } = useLanguage()
  const choose = useChooseLanguage()
  return (
    <MenuSection
      selectionMode="single"
      disallowEmptySelection
      selectedKeys={[current]}
      onSelectionChange={(keys) => {
        const chosen = languageCodes.find((code) => new Set(keys).has(code))
        if (chosen !== undefined) choose(chosen)
      }}
    >
      <Header>
        <Heading>{t('account.language')}</Heading>
      </Header>
      {languageCodes.map((code) => (
        <MenuItem key={code} id={code}>
          {languages[code]}
        </MenuItem>
      ))}
    </MenuSection>
  )
}

function AppearanceSection() {
  const t = useText()
  const current = useAppearance()
  return (
    <MenuSection
      selectionMode="single"
      disallowEmptySelection
      selectedKeys={[current]}
      onSelectionChange={(keys) => {
        const chosen = appearances.find((appearance) => new Set(keys).has(appearance))
        if (chosen !== undefined) chooseAppearance(chosen)
      }}
    >
      <Header>
        <Heading>{t('account.appearance')}</Heading>
      </Header>
      {appearances.map((appearance) => (
        <MenuItem key={appearance} id={appearance}>
          {t(appearanceTitles[appearance])}
        </MenuItem>
      ))}
    </MenuSection>
  )
}

/** Changes the language here at once, and keeps it with the account. */
function useChooseLanguage() {
  const { choose } = useLanguage()
  const queries = useQueryClient()
  const problemText = useProblemText()
  const { mutate } = useMutation({
    mutationFn: (language: Language) => serverFor().session.updateMe({ locale: language }),
    onSuccess: (session) => queries.setQueryData(sessionQuery.queryKey, session),
    onError: (error) => ToastQueue.negative(problemText(error)),
  })
  return (language: Language) => {
    rememberLanguage(language)
    void choose(language)
    mutate(language)
  }
}

function useSignOut() {
  const queries = useQueryClient()
  const problemText = useProblemText()
  const { mutate } = useMutation({
    mutationFn: () => serverFor().session.signOut(),
    onSuccess: () => {
      // Nothing of one person is left for the next.
      queries.removeQueries({ predicate: ({ queryKey }) => queryKey[0] !== sessionQuery.queryKey[0] })
      queries.setQueryData(sessionQuery.queryKey, null)
    },
    onError: (error) => ToastQueue.negative(problemText(error)),
  })
  return () => mutate()
}
