import { Picker, PickerItem, TextField } from '@react-spectrum/s2'
import { style } from '@react-spectrum/s2/style' with { type: 'macro' }
import type { Settings } from '@silhouette/client'
import type { TextKey } from '../../lib/language.ts'
import { useText } from '../../lib/text.tsx'
import { Card } from '../../shell/card.tsx'
import { useClient } from '../../shell/paths.ts'
import { useChangeSettings } from './use-settings.ts'

type Obfuscation = Settings['ipObfuscation']

/** The ways to keep an address, by Target's names, in its order. */
const titles: Readonly<Record<Obfuscation, TextKey>> = {
  LAST_OCTET: 'privacy.lastOctet',
  STRIP: 'privacy.entire',
  NONE: 'privacy.none',
}

/** How addresses of callers are kept. */
export function Privacy({ settings }: { readonly settings: Settings }) {
  const t = useText()
  const { actions } = useClient()
  const change = useChangeSettings(t('privacy.saved'))
  const choose = (key: string) => {
    if (isObfuscation(key) && key !== settings.ipObfuscation) change.mutate({ ipObfuscation: key })
  }
  return (
    <Card title={t('privacy.title')} text={t('privacy.text')}>
      {actions.includes('settings.change') ? (
        <Picker
          label={t('privacy.label')}
          value={change.isPending ? (change.variables.ipObfuscation ?? null) : settings.ipObfuscation}
          isDisabled={change.isPending}
          onChange={(key) => choose(String(key))}
          styles={style({ width: 'full', maxWidth: 320 })}
        >
          {Object.entries(titles).map(([key, title]) => (
            <PickerItem key={key} id={key}>
              {t(title)}
            </PickerItem>
          ))}
        </Picker>
      ) : (
        <TextField
          label={t('privacy.label')}
          value={t(titles[settings.ipObfuscation])}
          isReadOnly
          styles={style({ width: 'full', maxWidth: 320 })}
        />
      )}
      <p className={style({ font: 'body-xs', color: 'neutral-subdued', margin: 0 })}>{t('privacy.help')}</p>
    </Card>
  )
}

function isObfuscation(key: string): key is Obfuscation {
  return Object.hasOwn(titles, key)
}
