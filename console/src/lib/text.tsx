import { style } from '@react-spectrum/s2/style' with { type: 'macro' }
import { useCallback, type ReactNode } from 'react'
import { FormattedMessage, useIntl } from 'react-intl'
import type { TextKey } from './language.ts'

type Values = Readonly<Record<string, string | number | boolean | Date | null | undefined>>

/** Gives the texts of the language in use, by key. */
export function useText(): (key: TextKey, values?: Values) => string {
  const intl = useIntl()
  return useCallback((key, values = {}) => intl.formatMessage({ id: key }, values), [intl])
}

interface TextProps {
  readonly id: TextKey
  readonly values?: Readonly<Record<string, ReactNode>>
}

/** A text that marks parts of itself: `<code>` for what stands on the wire, `<b>` for what counts. */
export function RichText({ id, values = {} }: TextProps) {
  return <FormattedMessage id={id} values={{ ...marks, ...values }} />
}

const marks = {
  code: (parts: ReactNode) => <code className={style({ font: 'code-sm' })}>{parts}</code>,
  b: (parts: ReactNode) => <strong className={style({ fontWeight: 'bold' })}>{parts}</strong>,
}
