import { TextField } from '@react-spectrum/s2'
import { style } from '@react-spectrum/s2/style' with { type: 'macro' }
import type { TokenDetails } from '@silhouette/client'
import { useNow } from '../../lib/clock.ts'
import { useFormats } from '../../lib/format.ts'
import { useText } from '../../lib/text.tsx'
import { CopyButton } from '../../shell/copy.tsx'
import { lastUseText } from './last-use.ts'
import { secondsLeft } from './seconds-left.ts'

interface TokenFieldsProps {
  readonly token: TokenDetails
  readonly readAtMs: number
}

/** The token and what is left of its life. */
export function TokenFields({ token, readAtMs }: TokenFieldsProps) {
  const t = useText()
  const formats = useFormats()
  const nowMs = useNow()
  const left = formats.duration(secondsLeft(token, readAtMs, nowMs))
  const moment = t('token.exactly', { at: formats.moment(token.expiresAt) })
  return (
    <div className={style({ display: 'flex', flexDirection: 'column', gap: 16, maxWidth: 600 })}>
      <TokenField token={token} />
      <div title={moment}>
        <TextField
          label={t('token.expiresIn')}
          value={left}
          isReadOnly
          description={moment}
          styles={style({ width: 'full' })}
        />
      </div>
      <p
        className={style({ font: 'body-sm', color: 'neutral-subdued', margin: 0, overflowWrap: 'anywhere' })}
      >
        {t('token.made', { at: formats.moment(token.createdAt), by: token.createdBy })}{' '}
        {lastUseText(t, formats, token, nowMs)}
      </p>
    </div>
  )
}

function TokenField({ token }: { readonly token: TokenDetails }) {
  const t = useText()
  const label = t('token.label')
  if (token.accessToken === undefined) {
    return (
      <div className={style({ display: 'flex', flexDirection: 'column', gap: 8 })}>
        <TextField label={label} value={t('token.hidden')} isDisabled styles={style({ width: 'full' })} />
        {/* No description of the field's own: those of disabled fields are too pale to read. */}
        <p className={style({ font: 'body-sm', color: 'neutral-subdued', margin: 0 })}>
          {t('token.hiddenWhy')}
        </p>
      </div>
    )
  }
  return (
    <div className={style({ display: 'flex', alignItems: 'end', gap: 8, minWidth: 0 })}>
      <TextField
        label={label}
        value={token.accessToken}
        isReadOnly
        styles={style({ flexGrow: 1, minWidth: 0 })}
      />
      <CopyButton text={token.accessToken} what={label} />
    </div>
  )
}
