import {
  Button,
  ButtonGroup,
  Content,
  Dialog,
  Form,
  Heading,
  TextField,
  ToastQueue,
} from '@react-spectrum/s2'
import { useMutation, useQueryClient } from '@tanstack/react-query'
import { useState } from 'react'
import { sessionQuery } from '../lib/queries.ts'
import { serverFor } from '../lib/server.ts'
import { useText } from '../lib/text.tsx'
import { FormProblem } from './form-problem.tsx'
import { NewPassword } from './new-password.tsx'

/** Changes one's own password; every other session of the account ends. */
export function PasswordDialog() {
  return <Dialog size="S">{({ close }) => <PasswordForm close={close} />}</Dialog>
}

function PasswordForm({ close }: { readonly close: () => void }) {
  const t = useText()
  const queries = useQueryClient()
  const [currentPassword, setCurrent] = useState('')
  const [newPassword, setNew] = useState('')
  const change = useMutation({
    mutationFn: () => serverFor().session.changePassword({ currentPassword, newPassword }),
    onSuccess: (session) => {
      queries.setQueryData(sessionQuery.queryKey, session)
      ToastQueue.positive(t('password.changed'), { timeout: 6_000 })
      close()
    },
  })
  return (
    <>
      <Heading slot="title">{t('password.title')}</Heading>
      <Content>
        <Form
          id="password"
          onSubmit={(event) => {
            event.preventDefault()
            change.mutate()
          }}
        >
          <FormProblem error={change.error} />
          <TextField
            label={t('password.current')}
            type="password"
            autoComplete="current-password"
            isRequired
            autoFocus
            value={currentPassword}
            onChange={setCurrent}
          />
          <NewPassword value={newPassword} onChange={setNew} />
        </Form>
      </Content>
      <ButtonGroup>
        <Button variant="secondary" onPress={close}>
          {t('dialog.cancel')}
        </Button>
        <Button variant="accent" type="submit" form="password" isPending={change.isPending}>
          {t('password.change')}
        </Button>
      </ButtonGroup>
    </>
  )
}
