import { Button, ButtonGroup, Content, Heading, IllustratedMessage } from '@react-spectrum/s2'
import Disconnected from '@react-spectrum/s2/illustrations/linear/CloudStateDisconnected'
import Warning from '@react-spectrum/s2/illustrations/linear/Warning'
import { style } from '@react-spectrum/s2/style' with { type: 'macro' }
import type { ReactNode } from 'react'
import { isNotReachable } from '../lib/server.ts'
import { useProblemText } from '../lib/problem-text.ts'
import { useText } from '../lib/text.tsx'

interface ProblemProps {
  readonly error: unknown
  readonly retry: () => void
}

/** A screen that could not be shown: what went wrong, and another try. */
export function Problem({ error, retry }: ProblemProps) {
  const t = useText()
  const problemText = useProblemText()
  const isAway = isNotReachable(error)
  return (
    <Notice
      picture={isAway ? <Disconnected /> : <Warning />}
      title={t(isAway ? 'problem.offlineTitle' : 'problem.title')}
      text={problemText(error)}
    >
      <Button onPress={retry}>{t('problem.retry')}</Button>
    </Notice>
  )
}

interface NoticeProps {
  readonly picture: ReactNode
  readonly title: string
  readonly text: string
  readonly children?: ReactNode
}

/** What fills a screen that has nothing to show. */
export function Notice({ picture, title, text, children }: NoticeProps) {
  return (
    <div className={style({ display: 'grid', placeItems: 'center', minHeight: '[60vh]', padding: 16 })}>
      <IllustratedMessage>
        {picture}
        <Heading level={1}>{title}</Heading>
        <Content>{text}</Content>
        <ButtonGroup>{children}</ButtonGroup>
      </IllustratedMessage>
    </div>
  )
}
