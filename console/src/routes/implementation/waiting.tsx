import { Skeleton, Text } from '@react-spectrum/s2'
import { style } from '@react-spectrum/s2/style' with { type: 'macro' }
import type { TextKey } from '../../lib/language.ts'
import { useText } from '../../lib/text.tsx'
import { Card } from '../../shell/card.tsx'

const fieldTitles: readonly TextKey[] = [
  'account.clientCode',
  'account.imsOrgId',
  'account.baseUrl',
  'account.lifetime',
]

/** The cards before it is known what stands in them, about as tall as they will be. */
export function Waiting() {
  const t = useText()
  return (
    <Skeleton isLoading>
      <Card title={t('account.details')}>
        <div className={fields}>
          {fieldTitles.map((title) => (
            <div key={title} className={field}>
              <Text>{t(title)}</Text>
              <Text>{t('implementation.scope')}</Text>
            </div>
          ))}
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

const fields = style({
  display: 'grid',
  gridTemplateColumns: { default: ['1fr'], sm: ['1fr', '1fr'] },
  columnGap: 24,
  rowGap: 16,
  minHeight: 192,
})

const field = style({ display: 'flex', flexDirection: 'column', alignItems: 'start', gap: 8 })
