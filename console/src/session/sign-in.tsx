import { Button, Content, Divider, Form, Heading, InlineAlert, TextField } from '@react-spectrum/s2'
import { style } from '@react-spectrum/s2/style' with { type: 'macro' }
import type { SignInOptions } from '@silhouette/client'
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query'
import { useState } from 'react'
import { Navigate, useSearchParams } from 'react-router'
import type { TextKey } from '../lib/language.ts'
import { sessionQuery } from '../lib/queries.ts'
import { serverFor } from '../lib/server.ts'
import { useText } from '../lib/text.tsx'
import { FormProblem } from '../shell/form-problem.tsx'
import { useTitle } from '../shell/title.ts'
import { Entrance } from './entrance.tsx'

/** Why single sign-on came back without a session. */
const ssoProblems: Readonly<Record<string, TextKey>> = {
  sso_unavailable: 'signIn.sso_unavailable',
  sso_refused: 'signIn.sso_refused',
  sso_invalid: 'signIn.sso_invalid',
  sso_email_unverified: 'signIn.sso_email_unverified',
  sso_unknown_person: 'signIn.sso_unknown_person',
}

/** Signs in, by password or single sign-on, and leads to where the person wanted to go. */
export function SignIn() {
  const t = useText()
  useTitle(t('signIn.title'))
  const [parameters] = useSearchParams()
  const { data: session } = useQuery(sessionQuery)
  const options = useQuery({
    queryKey: ['sign-in'],
    queryFn: ({ signal }) => serverFor().session.signInOptions({ signal }),
    staleTime: Infinity,
  })
  const to = ownPath(parameters.get('to'))
  if (session) return <Navigate to={to} replace />
  const problem = ssoProblems[parameters.get('problem') ?? '']
  return (
    <Entrance title={t('signIn.title')}>
      {problem && <SsoProblem text={problem} />}
      <FormProblem error={options.error} />
      {/* What went wrong is read first. */}
      <PasswordForm isAlone={!options.data?.sso} takesFocus={problem === undefined} />
      {options.data?.sso && <SingleSignOn sso={options.data.sso} to={to} />}
    </Entrance>
  )
}

interface PasswordFormProps {
  readonly isAlone: boolean
  readonly takesFocus: boolean
}

function PasswordForm({ isAlone, takesFocus }: PasswordFormProps) {
  const t = useText()
  const queries = useQueryClient()
  const [email, setEmail] = useState('')
  const [password, setPassword] = useState('')
  const signIn = useMutation({
    mutationFn: () => serverFor().session.signIn(email.trim(), password),
    onSuccess: (session) => queries.setQueryData(sessionQuery.queryKey, session),
  })
  return (
    <Form
      onSubmit={(event) => {
        event.preventDefault()
        signIn.mutate()
      }}
    >
      <FormProblem error={signIn.error} />
      <TextField
        label={t('signIn.email')}
        // No `email`: the first account is `admin@localhost`, which browsers would not take everywhere.
        inputMode="email"
        autoComplete="username"
        isRequired
        autoFocus={takesFocus}
        value={email}
        onChange={setEmail}
      />
      <TextField
        label={t('signIn.password')}
        type="password"
        autoComplete="current-password"
        isRequired
        value={password}
        onChange={setPassword}
      />
      <Button
        variant={isAlone ? 'accent' : 'primary'}
        type="submit"
        isPending={signIn.isPending}
        styles={style({ width: 'full' })}
      >
        {t('signIn.submit')}
      </Button>
      {isAlone && (
        <p className={style({ font: 'body-xs', color: 'neutral-subdued', margin: 0 })}>{t('signIn.help')}</p>
      )}
    </Form>
  )
}

interface SingleSignOnProps {
  readonly sso: NonNullable<SignInOptions['sso']>
  readonly to: string
}

function SingleSignOn({ sso, to }: SingleSignOnProps) {
  const t = useText()
  const returnTo = encodeURIComponent(`/console${to}`)
  return (
    <>
      <Divider size="S" styles={style({ marginY: 20 })} />
      {/* No link: those are taken for screens of the console. */}
      <Button
        variant="accent"
        onPress={() => location.assign(`${sso.url}?returnTo=${returnTo}`)}
        styles={style({ width: 'full' })}
      >
        {t('signIn.sso', { name: sso.name })}
      </Button>
    </>
  )
}

function SsoProblem({ text }: { readonly text: TextKey }) {
  const t = useText()
  return (
    <InlineAlert variant="negative" autoFocus styles={style({ marginBottom: 16 })}>
      <Heading level={2}>{t('problem.title')}</Heading>
      <Content>{t(text)}</Content>
    </InlineAlert>
  )
}

/** A place inside the console: whoever made the link must not lead people elsewhere. */
function ownPath(to: string | null): string {
  return to !== null && /^\/(?![/\\])/.test(to) ? to : '/'
}
