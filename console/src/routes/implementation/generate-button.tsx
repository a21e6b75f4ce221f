import { Button, DialogContainer } from '@react-spectrum/s2'
import { style } from '@react-spectrum/s2/style' with { type: 'macro' }
import type { TokenDetails } from '@silhouette/client'
import { useId, useState } from 'react'
import type { TextKey } from '../../lib/language.ts'
import { useText } from '../../lib/text.tsx'
import { useClient } from '../../shell/paths.ts'
import { GenerateDialog } from './generate-dialog.tsx'

interface GenerateButtonProps {
  readonly isOn: boolean
  readonly token: TokenDetails | null
}

/** Leads to a token; disabled while the switch is off, as Target's is, and says why. */
export function GenerateButton({ isOn, token }: GenerateButtonProps) {
  const t = useText()
  const { actions } = useClient()
  const [isOpen, setOpen] = useState(false)
  const id = useId()
  const why = reasonAgainst(isOn, actions.includes('token.generate'))
  return (
    <div className={style({ display: 'flex', flexDirection: 'column', alignItems: 'start', gap: 8 })}>
      <Button
        variant={token === null ? 'accent' : 'secondary'}
        isDisabled={why !== undefined}
        {...(why && { 'aria-describedby': id })}
        onPress={() => setOpen(true)}
      >
        {t('generate.button')}
      </Button>
      {why && (
        <p id={id} className={style({ font: 'body-xs', color: 'neutral-subdued', margin: 0 })}>
          {t(why)}
        </p>
      )}
      <DialogContainer onDismiss={() => setOpen(false)}>
        {isOpen && <GenerateDialog replaced={token} />}
      </DialogContainer>
    </div>
  )
}

function reasonAgainst(isOn: boolean, isAllowed: boolean): TextKey | undefined {
  if (!isAllowed) return 'generate.notAllowed'
  return isOn ? undefined : 'generate.whileOff'
}
