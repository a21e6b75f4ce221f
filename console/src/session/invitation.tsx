import { Button, Form, LinkButton, ProgressCircle, TextField } from '@react-spectrum/s2'
import { style } from '@react-spectrum/s2/style' with { type: 'macro' }
import type { InvitationDetails } from '@silhouette/client'
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query'
import { useState } from 'react'
import { useNavigate, useParams } from 'react-router'
import type { TextKey } from '../lib/language.ts'
import { useFormats } from '../lib/format.ts'
import { sessionQuery } from '../lib/queries.ts'
import { serverFor } from '../lib/server.ts'
import { useText } from '../lib/text.tsx'
import { FormProblem } from '../shell/form-problem.tsx'
import { NewPassword } from '../shell/new-password.tsx'
import { useTitle } from '../shell/title.ts'
import { Entrance } from './entrance.tsx'

/** Where a one-time link leads: whoever holds it chooses a password and is signed in. */
export function Invitation() {
  const t = useText()
  const { token = '' } = useParams()
  const { data, error, isPending } = useQuery({
    queryKey: ['invitation', token],
    queryFn: ({ signal }) => serverFor().session.invitation(token, { signal }),
    // A link that was used is gone: reading it again would only take the form away.
    staleTime: Infinity,
  })
  const title = t(titleOf(data, error))
  useTitle(title)
  return (
    <Entrance title={title}>
      {isPending && <ProgressCircle isIndeterminate aria-label={t('shell.loading')} />}
      {error && <Refused error={error} />}
      {data && <PasswordForm token={token} invitation={data} />}
    </Entrance>
  )
}

function titleOf(invitation: InvitationDetails | undefined, error: unknown): TextKey {
  if (error !== null) return 'invitation.refusedTitle'
  return invitation?.hasPassword ? 'invitation.resetTitle' : 'invitation.title'
}

interface FormProps {
  readonly token: string
  readonly invitation: InvitationDetails
}

function PasswordForm({ token, invitation }: FormProps) {
  const t = useText()
  const formats = useFormats()
  const [name, setName] = useState(invitation.name)
  const [password, setPassword] = useState('')
  const queries = useQueryClient()
  const navigate = useNavigate()
  const accept = useMutation({
    mutationFn: () =>
      serverFor().session.acceptInvitation(token, { password, ...(name.trim() && { name: name.trim() }) }),
    onSuccess: (session) => {
      queries.setQueryData(sessionQuery.queryKey, session)
      void navigate('/', { replace: true })
    },
  })
  return (
    <Form
      onSubmit={(event) => {
        event.preventDefault()
        accept.mutate()
      }}
    >
      <p className={style({ font: 'body', margin: 0 })}>
        {t(invitation.hasPassword ? 'invitation.resetText' : 'invitation.text', {
          email: invitation.email,
          until: formats.moment(invitation.expiresAt),
        })}
      </p>
      <FormProblem error={accept.error} />
      {/* So that a password manager knows whose password it keeps. */}
      <TextField label={t('signIn.email')} isReadOnly autoComplete="username" value={invitation.email} />
      {!invitation.hasPassword && (
        <TextField label={t('invitation.name')} autoComplete="name" value={name} onChange={setName} />
      )}
      <NewPassword value={password} onChange={setPassword} />
      <Button variant="accent" type="submit" isPending={accept.isPending}>
        {t(invitation.hasPassword ? 'invitation.reset' : 'invitation.accept')}
      </Button>
    </Form>
  )
}

function Refused({ error }: { readonly error: unknown }) {
  const t = useText()
  return (
    <div className={style({ display: 'flex', flexDirection: 'column', gap: 16 })}>
      <FormProblem error={error} />
      <LinkButton href="/sign-in" variant="secondary">
        {t('invitation.toSignIn')}
      </LinkButton>
    </div>
  )
}
