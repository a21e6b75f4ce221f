import { ActionButton, Content, ContextualHelpPopover, DialogTrigger, Heading } from '@react-spectrum/s2'
import InfoCircle from '@react-spectrum/s2/icons/InfoCircle'
import { style } from '@react-spectrum/s2/style' with { type: 'macro' }
import type { Settings } from '@silhouette/client'
import type { TokenReading } from '../../lib/queries.ts'
import { useText } from '../../lib/text.tsx'
import { Card } from '../../shell/card.tsx'
import { AuthenticationSwitch } from './authentication-switch.tsx'
import { GenerateButton } from './generate-button.tsx'
import { Overlap } from './overlap.tsx'
import { TokenFields } from './token-fields.tsx'
import { TokenNotice } from './token-notice.tsx'

interface ProfileApiProps {
  readonly settings: Settings
  readonly reading: TokenReading
}

/**
 * The switch and the token, in the three states that Target's card has: off; on without a token; on
 * with one. A token that is there shows with the switch off, too, because it stays good.
 */
export function ProfileApi({ settings, reading }: ProfileApiProps) {
  const t = useText()
  const isOn = settings.enableProfileApiAuthentication
  return (
    <Card title={t('profileApi.title')} help={<Help />} text={t('profileApi.text')}>
      <AuthenticationSwitch isOn={isOn} />
      <TokenNotice isOn={isOn} reading={reading} />
      {reading.token && <TokenFields token={reading.token} readAtMs={reading.readAtMs} />}
      {reading.token && reading.token.overlapping.length > 0 && (
        <Overlap tokens={reading.token.overlapping} />
      )}
      <GenerateButton isOn={isOn} token={reading.token} />
      <p className={style({ font: 'body-xs', color: 'neutral-subdued', margin: 0 })}>
        {t('profileApi.visits')}
      </p>
    </Card>
  )
}

function Help() {
  const t = useText()
  return (
    <DialogTrigger>
      <ActionButton isQuiet size="XS" aria-label={t('profileApi.helpLabel')}>
        <InfoCircle />
      </ActionButton>
      <ContextualHelpPopover placement="bottom start" aria-label={t('profileApi.helpLabel')}>
        <Heading>{t('profileApi.title')}</Heading>
        <Content>{t('profileApi.help')}</Content>
      </ContextualHelpPopover>
    </DialogTrigger>
  )
}
