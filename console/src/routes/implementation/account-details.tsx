import { Button, NumberField } from '@react-spectrum/s2'
import { style } from '@react-spectrum/s2/style' with { type: 'macro' }
import type { Settings } from '@silhouette/client'
import { useState } from 'react'
import { useFormats } from '../../lib/format.ts'
import { useText } from '../../lib/text.tsx'
import { Card } from '../../shell/card.tsx'
import { CopyButton, CopyField } from '../../shell/copy.tsx'
import { useClient } from '../../shell/paths.ts'
import { useChangeSettings } from './use-settings.ts'

/** Days that a profile may live after its last write or visit. */
const lifetimeDaysMin = 1
const lifetimeDaysMax = 90

/** What a program must know of the client, to copy. */
export function AccountDetails({ settings }: { readonly settings: Settings }) {
  const t = useText()
  const formats = useFormats()
  const { code, imsOrgId, actions } = useClient()
  return (
    <Card title={t('account.details')}>
      <div className={grid}>
        <CopyField label={t('account.clientCode')} value={code} />
        <CopyField label={t('account.imsOrgId')} value={imsOrgId} />
        <CopyField label={t('account.baseUrl')} value={location.origin} />
        {actions.includes('settings.change') ? (
          <Lifetime days={settings.profileLifetimeDays} />
        ) : (
          <CopyField
            label={t('account.lifetime')}
            value={formats.amount(settings.profileLifetimeDays, 'day')}
          />
        )}
      </div>
    </Card>
  )
}

function Lifetime({ days }: { readonly days: number }) {
  const t = useText()
  const formats = useFormats()
  const [typed, setTyped] = useState<number>()
  const change = useChangeSettings(t('account.lifetimeSaved'))
  const value = typed ?? days
  const isChanged = value !== days && !Number.isNaN(value)
  const text = formats.amount(days, 'day')
  return (
    <form
      className={style({ display: 'flex', flexDirection: 'column', gap: 8 })}
      onSubmit={(event) => {
        event.preventDefault()
        if (isChanged) change.mutate({ profileLifetimeDays: value }, { onSettled: () => setTyped(undefined) })
      }}
    >
      <div className={style({ display: 'flex', alignItems: 'end', gap: 8, flexWrap: 'wrap' })}>
        <NumberField
          label={t('account.lifetime')}
          value={value}
          minValue={lifetimeDaysMin}
          maxValue={lifetimeDaysMax}
          step={1}
          formatOptions={{ style: 'unit', unit: 'day', unitDisplay: 'long' }}
          onChange={setTyped}
          styles={style({ flexGrow: 1, minWidth: 112 })}
        />
        {isChanged ? (
          <>
            <Button variant="secondary" onPress={() => setTyped(undefined)}>
              {t('dialog.cancel')}
            </Button>
            <Button variant="accent" type="submit" isPending={change.isPending}>
              {t('dialog.save')}
            </Button>
          </>
        ) : (
          <CopyButton text={text} what={t('account.lifetime')} />
        )}
      </div>
      <p className={style({ font: 'body-xs', color: 'neutral-subdued', margin: 0 })}>
        {t('account.lifetimeHelp', { min: lifetimeDaysMin, max: lifetimeDaysMax })}
      </p>
    </form>
  )
}

const grid = style({
  display: 'grid',
  gridTemplateColumns: { default: ['1fr'], sm: ['1fr', '1fr'] },
  columnGap: 24,
  rowGap: 16,
  alignItems: 'start',
})
