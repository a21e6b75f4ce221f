import type { TokenFacts } from '@silhouette/client'
import type { Formats } from '../../lib/format.ts'
import type { useText } from '../../lib/text.tsx'

/** Who used a token last, when and from where. */
export function lastUseText(
  t: ReturnType<typeof useText>,
  formats: Formats,
  { lastUse }: Pick<TokenFacts, 'lastUse'>,
  nowMs: number,
): string {
  if (lastUse === undefined) return t('token.neverUsed')
  return t('token.lastUse', {
    ago: formats.ago(lastUse.at, nowMs),
    agent: lastUse.userAgent || t('caller.noAgent'),
    address: lastUse.address || t('caller.noAddress'),
  })
}
