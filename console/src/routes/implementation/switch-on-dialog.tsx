import { Button, ButtonGroup, Content, Dialog, Heading } from '@react-spectrum/s2'
import { style } from '@react-spectrum/s2/style' with { type: 'macro' }
import type { Caller } from '@silhouette/client'
import { useNow } from '../../lib/clock.ts'
import { useFormats } from '../../lib/format.ts'
import { useText } from '../../lib/text.tsx'

interface SwitchOnDialogProps {
  readonly callers: readonly Caller[]
  readonly confirm: () => void
}

/** Lists whom the switch would cut off, so that nobody is cut off unawares. */
export function SwitchOnDialog({ callers, confirm }: SwitchOnDialogProps) {
  const t = useText()
  return (
    <Dialog size="XL">
      {({ close }) => (
        <>
          <Heading slot="title">{t('switchOn.title')}</Heading>
          <Content>
            <p className={style({ font: 'body', marginTop: 0 })}>
              {t('switchOn.text', { count: callers.length })}
            </p>
            <Callers callers={callers} />
          </Content>
          <ButtonGroup>
            <Button variant="secondary" onPress={close}>
              {t('dialog.cancel')}
            </Button>
            <Button variant="negative" onPress={confirm}>
              {t('switchOn.confirm')}
            </Button>
          </ButtonGroup>
        </>
      )}
    </Dialog>
  )
}

function Callers({ callers }: { readonly callers: readonly Caller[] }) {
  const t = useText()
  const formats = useFormats()
  const nowMs = useNow()
  return (
    <ul aria-label={t('switchOn.callers')} className={list}>
      {callers.map((caller) => (
        <li key={[caller.address, caller.userAgent, caller.endpoint].join(' ')} className={item}>
          <span className={agent}>
            {caller.userAgent || t('caller.noAgent')}
            {caller.userAgent === navigator.userAgent && ` (${t('caller.thisBrowser')})`}
          </span>
          <span className={facts}>
            {t('caller.facts', {
              address: caller.address || t('caller.noAddress'),
              endpoint: caller.endpoint,
              count: caller.calls,
              ago: formats.ago(caller.lastAt, nowMs),
            })}
          </span>
        </li>
      ))}
    </ul>
  )
}

const list = style({ listStyleType: 'none', padding: 0, margin: 0 })

const item = style({
  display: 'flex',
  flexDirection: 'column',
  gap: 2,
  paddingY: 8,
  borderWidth: 0,
  borderTopWidth: 1,
  borderStyle: 'solid',
  borderColor: 'gray-200',
})

const agent = style({ font: 'ui', fontWeight: 'bold', overflowWrap: 'anywhere' })

const facts = style({ font: 'body-sm', color: 'neutral-subdued', overflowWrap: 'anywhere' })
