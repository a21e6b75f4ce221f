import { Skeleton, Text } from '@react-spectrum/s2'
import { style } from '@react-spectrum/s2/style' with { type: 'macro' }
import { useText } from '../../lib/text.tsx'
import { Card } from '../../shell/card.tsx'

/** The cards before it is known what stands in them, as tall as they will be. */
export function Waiting() {
  const t = useText()
  return (
    <Skeleton isLoading>
      <Card title={t('account.details')}>
        <div className={style({ minHeight: 272 })}>
          <Text>{t('implementation.scope')}</Text>
        </div>
      </Card>
      <Card title={t('profileApi.title')} text={t('profileApi.text')}>
        <div className={style({ minHeight: 320 })}>
          <Text>{t('profileApi.visits')}</Text>
        </div>
      </Card>
    </Skeleton>
  )
}
