import { AlertDialog, Button, DialogTrigger, ToastQueue } from '@react-spectrum/s2'
import { style } from '@react-spectrum/s2/style' with { type: 'macro' }
import type { TokenFacts } from '@silhouette/client'
import { useMutation, useQueryClient } from '@tanstack/react-query'
import { useNow } from '../../lib/clock.ts'
import { useFormats } from '../../lib/format.ts'
import { useProblemText } from '../../lib/problem-text.ts'
import { tokenQuery } from '../../lib/queries.ts'
import { serverFor } from '../../lib/server.ts'
import { useText } from '../../lib/text.tsx'
import { useClient } from '../../shell/paths.ts'
import { lastUseText } from './last-use.ts'
import { noteMs } from './use-settings.ts'

/** The old tokens that go on for a while: until when, who still uses them, and how to end them. */
export function Overlap({ tokens }: { readonly tokens: readonly TokenFacts[] }) {
  const t = useText()
  const formats = useFormats()
  const nowMs = useNow()
  const { actions } = useClient()
  return (
    <div className={row}>
      <ul className={style({ listStyleType: 'none', padding: 0, margin: 0, flexGrow: 1, minWidth: 0 })}>
        {tokens.map((token) => (
          <li key={token.tokenId} className={line}>
            {t('overlap.until', { at: formats.moment(token.expiresAt) })}{' '}
            {lastUseText(t, formats, token, nowMs)}
          </li>
        ))}
      </ul>
      {actions.includes('token.revoke') && <EndNow count={tokens.length} />}
    </div>
  )
}

function EndNow({ count }: { readonly count: number }) {
  const t = useText()
  const { code } = useClient()
  const queries = useQueryClient()
  const problemText = useProblemText()
  const end = useMutation({
    mutationFn: () => serverFor(code).tokens.revoke({ overlappingOnly: true }),
    onSuccess: async () => {
      await queries.invalidateQueries({ queryKey: tokenQuery(code).queryKey })
      ToastQueue.positive(t('overlap.ended', { count }), { timeout: noteMs })
    },
    onError: (error) => ToastQueue.negative(problemText(error)),
  })
  return (
    <DialogTrigger>
      <Button variant="secondary" fillStyle="outline" size="S" isPending={end.isPending}>
        {t('overlap.endNow')}
      </Button>
      <AlertDialog
        variant="destructive"
        title={t('overlap.endTitle', { count })}
        primaryActionLabel={t('overlap.endNow')}
        cancelLabel={t('dialog.cancel')}
        autoFocusButton="cancel"
        onPrimaryAction={() => end.mutate()}
      >
        {t('overlap.endText', { count })}
      </AlertDialog>
    </DialogTrigger>
  )
}

const row = style({
  display: 'flex',
  flexDirection: { default: 'column', sm: 'row' },
  alignItems: 'start',
  gap: 12,
  padding: 12,
  borderRadius: 'default',
  backgroundColor: 'gray-100',
})

const line = style({ font: 'body-sm', overflowWrap: 'anywhere' })
