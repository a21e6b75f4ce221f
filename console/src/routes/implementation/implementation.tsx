import { style } from '@react-spectrum/s2/style' with { type: 'macro' }
import { useQuery } from '@tanstack/react-query'
import { settingsQuery, tokenQuery } from '../../lib/queries.ts'
import { useSession } from '../../lib/session-context.ts'
import { roleTitles } from '../../lib/roles.ts'
import { useText } from '../../lib/text.tsx'
import { Problem } from '../../shell/problem.tsx'
import { useClient } from '../../shell/paths.ts'
import { useTitle } from '../../shell/title.ts'
import { AccountDetails } from './account-details.tsx'
import { Calls } from './calls.tsx'
import { Privacy } from './privacy.tsx'
import { ProfileApi } from './profile-api.tsx'
import { ReadOnlyNotice } from './read-only-notice.tsx'
import { Waiting } from './waiting.tsx'

/** Administration > Implementation: what programs need to call the profile API of a client. */
export function Implementation() {
  const t = useText()
  const client = useClient()
  useTitle(t('implementation.title'), client.code)
  return (
    <div className={screen}>
      <Heading />
      {/* Another client's page begins anew: nothing typed for one is saved for the other. */}
      <Cards key={client.code} />
    </div>
  )
}

function Heading() {
  const t = useText()
  const { user } = useSession()
  const { role } = useClient()
  return (
    <div className={head}>
      <h1 className={style({ font: 'heading-lg', margin: 0 })}>{t('implementation.title')}</h1>
      <p className={style({ font: 'body-sm', color: 'neutral-subdued', margin: 0 })}>
        {t('implementation.scope')}
        {' · '}
        {t('implementation.role', { name: user.name || user.email, role: t(roleTitles[role]) })}
      </p>
    </div>
  )
}

function Cards() {
  const client = useClient()
  const settings = useQuery(settingsQuery(client.code))
  const token = useQuery(tokenQuery(client.code))
  if (settings.data === undefined || token.data === undefined) {
    const error = settings.error ?? token.error
    const retry = () => void Promise.all([settings.refetch(), token.refetch()])
    return error === null ? <Waiting /> : <Problem error={error} retry={retry} />
  }
  return (
    <>
      <ReadOnlyNotice />
      <AccountDetails settings={settings.data} />
      <ProfileApi settings={settings.data} reading={token.data} />
      <Calls settings={settings.data} token={token.data.token} />
      <Privacy settings={settings.data} />
    </>
  )
}

const screen = style({
  display: 'flex',
  flexDirection: 'column',
  gap: 16,
  maxWidth: 860,
})

const head = style({ display: 'flex', flexDirection: 'column', gap: 4, marginBottom: 8 })
