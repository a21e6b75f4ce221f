import { AlertDialog } from '@react-spectrum/s2'
import { useText } from '../../lib/text.tsx'
import { useClient } from '../../shell/paths.ts'

/** Says what becomes open. */
export function SwitchOffDialog({ confirm }: { readonly confirm: () => void }) {
  const t = useText()
  const { code } = useClient()
  return (
    <AlertDialog
      variant="destructive"
      title={t('switchOff.title')}
      primaryActionLabel={t('switchOff.confirm')}
      cancelLabel={t('dialog.cancel')}
      autoFocusButton="cancel"
      onPrimaryAction={confirm}
    >
      {t('switchOff.text', { client: code })}
    </AlertDialog>
  )
}
