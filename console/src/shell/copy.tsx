import { ActionButton, Text, TextField, Tooltip, TooltipTrigger } from '@react-spectrum/s2'
import Checkmark from '@react-spectrum/s2/icons/Checkmark'
import CopyIcon from '@react-spectrum/s2/icons/Copy'
import { style } from '@react-spectrum/s2/style' with { type: 'macro' }
import { useEffect, useState } from 'react'
import { useText } from '../lib/text.tsx'

/** How long a copy is confirmed, milliseconds. */
const confirmedMs = 2_000

interface CopyButtonProps {
  readonly text: string
  /** What is copied, for those who do not see what the button stands beside. */
  readonly what: string
}

/** Puts a text into the clipboard, and says that it did. */
export function CopyButton({ text, what }: CopyButtonProps) {
  const t = useText()
  const [state, setState] = useState<'idle' | 'copied' | 'failed'>('idle')
  useEffect(() => {
    if (state === 'idle') return undefined
    const timer = setTimeout(() => setState('idle'), confirmedMs)
    return () => clearTimeout(timer)
  }, [state])
  const label = { idle: t('copy.copy'), copied: t('copy.copied'), failed: t('copy.failed') }[state]
  return (
    <>
      <TooltipTrigger>
        <ActionButton
          aria-label={t('copy.what', { label, what })}
          styles={style({ flexShrink: 0 })}
          onPress={() => void copyText(text).then((isDone) => setState(isDone ? 'copied' : 'failed'))}
        >
          {state === 'copied' ? <Checkmark /> : <CopyIcon />}
          <Text>{label}</Text>
        </ActionButton>
        <Tooltip>{t('copy.what', { label, what })}</Tooltip>
      </TooltipTrigger>
      <span role="status" className={hidden}>
        {state !== 'idle' && label}
      </span>
    </>
  )
}

interface CopyFieldProps {
  readonly label: string
  readonly value: string
}

/** A value to read and to copy. */
export function CopyField({ label, value }: CopyFieldProps) {
  return (
    <div className={row}>
      <TextField label={label} value={value} isReadOnly styles={style({ flexGrow: 1, minWidth: 0 })} />
      <CopyButton text={value} what={label} />
    </div>
  )
}

/** Browsers give pages their clipboard over HTTPS and on this machine only; the old way works everywhere. */
async function copyText(text: string): Promise<boolean> {
  try {
    await navigator.clipboard.writeText(text)
    return true
  } catch {
    // TypeError: there is no clipboard here. NotAllowedError: it was refused.
    return copyBySelection(text)
  }
}

function copyBySelection(text: string): boolean {
  const area = document.createElement('textarea')
  area.value = text
  area.setAttribute('readonly', '')
  area.style.position = 'fixed'
  area.style.opacity = '0'
  const focused = document.activeElement
  document.body.append(area)
  area.select()
  const isDone = document.execCommand('copy')
  area.remove()
  if (focused instanceof HTMLElement) focused.focus()
  return isDone
}

const row = style({ display: 'flex', alignItems: 'end', gap: 8, minWidth: 0 })

const hidden = style({
  position: 'absolute',
  width: 1,
  height: 1,
  overflow: 'hidden',
  whiteSpace: 'nowrap',
  clipPath: '[inset(50%)]',
})
