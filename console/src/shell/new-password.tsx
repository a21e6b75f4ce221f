import { TextField } from '@react-spectrum/s2'
import { useText } from '../lib/text.tsx'

/** Characters of a password at the least; the server also refuses the most common ones. */
const charactersMin = 12

interface NewPasswordProps {
  readonly value: string
  readonly onChange: (value: string) => void
}

export function NewPassword({ value, onChange }: NewPasswordProps) {
  const t = useText()
  return (
    <TextField
      label={t('password.new')}
      description={t('password.rule', { characters: charactersMin })}
      type="password"
      autoComplete="new-password"
      isRequired
      minLength={charactersMin}
      value={value}
      onChange={onChange}
    />
  )
}
