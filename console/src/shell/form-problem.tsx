import { Content, Heading, InlineAlert } from '@react-spectrum/s2'
import { useProblemText } from '../lib/problem-text.ts'
import { useText } from '../lib/text.tsx'

/** Why what was asked for was not done; takes the focus, so that it is read out. */
export function FormProblem({ error }: { readonly error: unknown }) {
  const t = useText()
  const problemText = useProblemText()
  if (error === null || error === undefined) return null
  return (
    <InlineAlert variant="negative" autoFocus>
      <Heading level={2}>{t('problem.title')}</Heading>
      <Content>{problemText(error)}</Content>
    </InlineAlert>
  )
}
