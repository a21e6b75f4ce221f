import { Content, Heading, InlineAlert } from '@react-spectrum/s2'
import { useQueryClient } from '@tanstack/react-query'
import { useEffect } from 'react'
import { useNow } from '../../lib/clock.ts'
import { useFormats } from '../../lib/format.ts'
import { tokenQuery, type TokenReading } from '../../lib/queries.ts'
import { useSession } from '../../lib/session-context.ts'
import { useText } from '../../lib/text.tsx'
import { useClient } from '../../shell/paths.ts'
import { secondsLeft } from './seconds-left.ts'

/** From how many seconds before it expires the card warns of a token's end. */
const warnSeconds = 7 * 86_400

interface TokenNoticeProps {
  readonly isOn: boolean
  readonly reading: TokenReading
}

/** What whoever opens the page must know first: that the client is open, or locked, or will be. */
export function TokenNotice({ isOn, reading }: TokenNoticeProps) {
  const t = useText()
  const formats = useFormats()
  const nowMs = useNow()
  const { code } = useClient()
  const { openClients = [] } = useSession()
  const { token, readAtMs } = reading
  const left = token ? secondsLeft(token, readAtMs, nowMs) : 0
  useReadAgainAt(left === 0 && token !== null)
  if (!isOn) {
    const isReachable = openClients.includes(code)
    return (
      <InlineAlert variant={isReachable ? 'notice' : 'neutral'}>
        <Heading>{t('notice.openTitle')}</Heading>
        <Content>{t(isReachable ? 'notice.openToOthers' : 'notice.open', { client: code })}</Content>
      </InlineAlert>
    )
  }
  if (token === null || left === 0) {
    return (
      <InlineAlert variant="negative">
        <Heading>{t('notice.noTokenTitle')}</Heading>
        <Content>{t('notice.noToken')}</Content>
      </InlineAlert>
    )
  }
  if (left >= warnSeconds) return null
  return (
    <InlineAlert variant="notice">
      <Heading>{t('notice.expiresTitle', { left: formats.duration(left) })}</Heading>
      <Content>{t('notice.expires', { at: formats.moment(token.expiresAt) })}</Content>
    </InlineAlert>
  )
}

/** Reads the token again once it must have expired. */
function useReadAgainAt(hasExpired: boolean) {
  const { code } = useClient()
  const queries = useQueryClient()
  useEffect(() => {
    if (hasExpired) void queries.invalidateQueries({ queryKey: tokenQuery(code).queryKey })
  }, [hasExpired, queries, code])
}
