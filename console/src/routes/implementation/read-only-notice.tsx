import { Content, Heading, InlineAlert } from '@react-spectrum/s2'
import { roleTitles } from '../../lib/roles.ts'
import { useText } from '../../lib/text.tsx'
import { useClient } from '../../shell/paths.ts'

/** Tells those who may look but not change why that is, and who can help. */
export function ReadOnlyNotice() {
  const t = useText()
  const { actions, role, code } = useClient()
  if (actions.includes('settings.change')) return null
  return (
    <InlineAlert variant="informative">
      <Heading level={2}>{t('readOnly.title')}</Heading>
      <Content>{t('readOnly.text', { role: t(roleTitles[role]), client: code })}</Content>
    </InlineAlert>
  )
}
