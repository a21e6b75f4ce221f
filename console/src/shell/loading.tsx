import { ProgressCircle } from '@react-spectrum/s2'
import { style } from '@react-spectrum/s2/style' with { type: 'macro' }
import { useText } from '../lib/text.tsx'

/** What shows until there is something to show. */
export function Loading() {
  const t = useText()
  return (
    <main className={style({ display: 'grid', placeItems: 'center', minHeight: '[60vh]' })}>
      <ProgressCircle isIndeterminate aria-label={t('shell.loading')} />
    </main>
  )
}
