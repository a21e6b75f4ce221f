import { LinkButton } from '@react-spectrum/s2'
import NoResults from '@react-spectrum/s2/illustrations/linear/NoSearchResults'
import { useText } from '../lib/text.tsx'
import { Notice } from './problem.tsx'

/** An address that no screen has, or a client that the person may not see. */
export function NothingHere() {
  const t = useText()
  return (
    <Notice picture={<NoResults />} title={t('nothingHere.title')} text={t('nothingHere.text')}>
      <LinkButton href="/">{t('nothingHere.back')}</LinkButton>
    </Notice>
  )
}
