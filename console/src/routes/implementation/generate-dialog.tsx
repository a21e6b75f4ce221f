import {
  Button,
  ButtonGroup,
  Content,
  Dialog,
  Form,
  Heading,
  InlineAlert,
  NumberField,
  Picker,
  PickerItem,
  ToastQueue,
} from '@react-spectrum/s2'
import { style } from '@react-spectrum/s2/style' with { type: 'macro' }
import type { TokenDetails } from '@silhouette/client'
import { useMutation, useQueryClient } from '@tanstack/react-query'
import { useState } from 'react'
import { useNow } from '../../lib/clock.ts'
import { useFormats } from '../../lib/format.ts'
import { tokenQuery } from '../../lib/queries.ts'
import { serverFor } from '../../lib/server.ts'
import { useText } from '../../lib/text.tsx'
import { FormProblem } from '../../shell/form-problem.tsx'
import { useClient } from '../../shell/paths.ts'
import { lastUseText } from './last-use.ts'
import { noteMs } from './use-settings.ts'

const daySeconds = 86_400

/** Lives of a token to choose from, days; any other to the most that the server takes. */
const lifeDays = [7, 30, 60, 90] as const
const lifeDaysDefault = 90
const lifeDaysMax = 365

/** How long the old token may go on; 0 ends it at once. */
const overlaps = [
  { seconds: 0, count: 0, unit: 'minute' },
  { seconds: 15 * 60, count: 15, unit: 'minute' },
  { seconds: 3_600, count: 1, unit: 'hour' },
  { seconds: daySeconds, count: 24, unit: 'hour' },
  { seconds: 7 * daySeconds, count: 7, unit: 'day' },
] as const

interface GenerateDialogProps {
  /** The token that a new one takes the place of. */
  readonly replaced: TokenDetails | null
}

/** Asks how long the new token lives and, if it replaces one, what becomes of that. */
export function GenerateDialog({ replaced }: GenerateDialogProps) {
  return <Dialog size="M">{({ close }) => <GenerateForm replaced={replaced} close={close} />}</Dialog>
}

function GenerateForm({ replaced, close }: GenerateDialogProps & { readonly close: () => void }) {
  const t = useText()
  const [days, setDays] = useState<number>(lifeDaysDefault)
  const [overlapSeconds, setOverlap] = useState(0)
  const generate = useGenerate(close)
  return (
    <>
      <Heading slot="title">{t(replaced ? 'generate.replaceTitle' : 'generate.title')}</Heading>
      <Content>
        <Form
          id="generate"
          onSubmit={(event) => {
            event.preventDefault()
            generate.mutate({ expiresInSeconds: days * daySeconds, overlapSeconds })
          }}
        >
          <FormProblem error={generate.error} />
          {replaced && <Warning replaced={replaced} overlapSeconds={overlapSeconds} />}
          <Life days={days} choose={setDays} />
          {replaced && <OverlapPicker seconds={overlapSeconds} choose={setOverlap} />}
        </Form>
      </Content>
      <ButtonGroup>
        <Button variant="secondary" onPress={close}>
          {t('dialog.cancel')}
        </Button>
        <Button variant="accent" type="submit" form="generate" isPending={generate.isPending}>
          {t('generate.confirm')}
        </Button>
      </ButtonGroup>
    </>
  )
}

function useGenerate(close: () => void) {
  const t = useText()
  const { code } = useClient()
  const queries = useQueryClient()
  return useMutation({
    mutationFn: (times: { readonly expiresInSeconds: number; readonly overlapSeconds: number }) =>
      serverFor(code).tokens.generate(times),
    onSuccess: async () => {
      await queries.invalidateQueries({ queryKey: tokenQuery(code).queryKey })
      ToastQueue.positive(t('generate.done'), { timeout: noteMs })
      close()
    },
  })
}

interface WarningProps {
  readonly replaced: TokenDetails
  readonly overlapSeconds: number
}

/** What becomes of calls with the current token, and who makes them. */
function Warning({ replaced, overlapSeconds }: WarningProps) {
  const t = useText()
  const formats = useFormats()
  const nowMs = useNow()
  // An overlap never outlives the old token.
  const seconds = Math.min(overlapSeconds, replaced.expiresIn)
  return (
    <InlineAlert variant="notice">
      <Heading>{t('generate.warningTitle')}</Heading>
      <Content>
        {seconds === 0
          ? t('generate.warningNow')
          : t('generate.warningLater', { at: formats.moment(new Date(nowMs + seconds * 1000)) })}{' '}
        <span className={style({ overflowWrap: 'anywhere' })}>
          {lastUseText(t, formats, replaced, nowMs)}
        </span>
      </Content>
    </InlineAlert>
  )
}

interface LifeProps {
  readonly days: number
  readonly choose: (days: number) => void
}

function Life({ days, choose }: LifeProps) {
  const t = useText()
  const formats = useFormats()
  const [isCustom, setCustom] = useState(false)
  return (
    <div className={style({ display: 'flex', gap: 16, flexWrap: 'wrap', alignItems: 'start' })}>
      <Picker
        label={t('generate.life')}
        value={isCustom ? 'custom' : String(days)}
        onChange={(key) => {
          setCustom(key === 'custom')
          if (key !== 'custom') choose(Number(key))
        }}
        styles={style({ width: 208 })}
      >
        {lifeDays.map((each) => (
          <PickerItem key={each} id={String(each)}>
            {formats.amount(each, 'day')}
          </PickerItem>
        ))}
        <PickerItem id="custom">{t('generate.custom')}</PickerItem>
      </Picker>
      {isCustom && (
        <NumberField
          label={t('generate.customDays')}
          value={days}
          minValue={1}
          maxValue={lifeDaysMax}
          step={1}
          isRequired
          autoFocus
          description={t('generate.customRule', { max: lifeDaysMax })}
          onChange={(typed) => choose(Number.isNaN(typed) ? lifeDaysDefault : typed)}
          styles={style({ width: 208 })}
        />
      )}
    </div>
  )
}

interface OverlapPickerProps {
  readonly seconds: number
  readonly choose: (seconds: number) => void
}

function OverlapPicker({ seconds, choose }: OverlapPickerProps) {
  const t = useText()
  const formats = useFormats()
  return (
    <Picker
      label={t('generate.keepOld')}
      value={String(seconds)}
      onChange={(key) => choose(Number(key))}
      styles={style({ width: 208 })}
    >
      {overlaps.map(({ seconds: each, count, unit }) => (
        <PickerItem key={each} id={String(each)}>
          {each === 0 ? t('generate.endNow') : formats.amount(count, unit)}
        </PickerItem>
      ))}
    </Picker>
  )
}
