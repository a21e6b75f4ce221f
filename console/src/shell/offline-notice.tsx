import { Content, Heading, InlineAlert } from '@react-spectrum/s2'
import { style } from '@react-spectrum/s2/style' with { type: 'macro' }
import { useQueryClient, type QueryCacheNotifyEvent } from '@tanstack/react-query'
import { useEffect, useState } from 'react'
import { isNotReachable } from '../lib/server.ts'
import { useText } from '../lib/text.tsx'

/** Says that the server is away, and with it that what shows may be old, until it answers again. */
export function OfflineNotice() {
  const t = useText()
  const isAway = useIsAway()
  return (
    <div role="status">
      {isAway && (
        <InlineAlert variant="notice" styles={style({ marginBottom: 16, width: 'full', maxWidth: 860 })}>
          <Heading level={2}>{t('problem.offlineTitle')}</Heading>
          <Content>{t('problem.offlineStale')}</Content>
        </InlineAlert>
      )}
    </div>
  )
}

/** The latest answer decides, whichever call it was to. */
function useIsAway(): boolean {
  const queries = useQueryClient()
  const [isAway, setAway] = useState(false)
  useEffect(() => {
    const look = (event: QueryCacheNotifyEvent) => {
      if (event.type !== 'updated') return
      if (event.action.type === 'success') setAway(false)
      if (event.action.type === 'error') setAway(isNotReachable(event.action.error))
    }
    return queries.getQueryCache().subscribe(look)
  }, [queries])
  return isAway
}
