import UserGroup from '@react-spectrum/s2/illustrations/linear/UserGroup'
import { useSession } from '../lib/session-context.ts'
import { useText } from '../lib/text.tsx'
import { Notice } from './problem.tsx'
import { Shell } from './shell.tsx'

/** Somebody whom nobody has given a role. */
export function NoClient() {
  const t = useText()
  const { user } = useSession()
  return (
    <Shell client={undefined}>
      <Notice
        picture={<UserGroup />}
        title={t('noClient.title')}
        text={t('noClient.text', { email: user.email })}
      />
    </Shell>
  )
}
