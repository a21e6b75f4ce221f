import { DialogContainer, Switch, ToastQueue } from '@react-spectrum/s2'
import { useQueryClient } from '@tanstack/react-query'
import type { Caller } from '@silhouette/client'
import { useState } from 'react'
import { useProblemText } from '../../lib/problem-text.ts'
import { callersQuery } from '../../lib/queries.ts'
import { useText } from '../../lib/text.tsx'
import { useClient } from '../../shell/paths.ts'
import { SwitchOffDialog } from './switch-off-dialog.tsx'
import { SwitchOnDialog } from './switch-on-dialog.tsx'
import { useChangeSettings } from './use-settings.ts'

type Question = { readonly turn: 'off' } | { readonly turn: 'on'; readonly callers: readonly Caller[] }

/** Whether the profile API demands the token; asks before it opens the client or cuts anybody off. */
export function AuthenticationSwitch({ isOn }: { readonly isOn: boolean }) {
  const t = useText()
  const { actions } = useClient()
  const [question, setQuestion] = useState<Question>()
  const change = useChangeSettings(t(isOn ? 'switch.turnedOff' : 'switch.turnedOn'))
  const turn = (isWanted: boolean) => {
    setQuestion(undefined)
    change.mutate({ enableProfileApiAuthentication: isWanted })
  }
  const ask = useAskBeforeOn(setQuestion, () => turn(true))
  return (
    <>
      <Switch
        isSelected={isOn}
        isEmphasized
        isDisabled={!actions.includes('settings.change') || change.isPending}
        onChange={(isWanted) => (isWanted ? void ask() : setQuestion({ turn: 'off' }))}
      >
        {t('switch.label')}
      </Switch>
      <DialogContainer onDismiss={() => setQuestion(undefined)}>
        {question?.turn === 'off' && <SwitchOffDialog confirm={() => turn(false)} />}
        {question?.turn === 'on' && <SwitchOnDialog callers={question.callers} confirm={() => turn(true)} />}
      </DialogContainer>
    </>
  )
}

/** Nobody is asked when nobody would be cut off. */
function useAskBeforeOn(setQuestion: (question: Question) => void, turnOn: () => void) {
  const { code } = useClient()
  const queries = useQueryClient()
  const problemText = useProblemText()
  return async () => {
    try {
      const { callers } = await queries.fetchQuery(callersQuery(code))
      if (callers.length > 0) setQuestion({ turn: 'on', callers })
      else turnOn()
    } catch (error) {
      ToastQueue.negative(problemText(error))
    }
  }
}
