import { useMemo } from 'react'
import { useIntl } from 'react-intl'
import { useText } from './text.tsx'

const unitSeconds = { day: 86_400, hour: 3_600, minute: 60, second: 1 } as const
export type Unit = keyof typeof unitSeconds

/** Writers of durations and moments in the language in use. */
export interface Formats {
  /** `62 days, 9 hours, 53 minutes`; the last hour counts seconds too. */
  duration(seconds: number): string
  /** `7 days`. */
  amount(count: number, unit: Unit): string
  /** `26 January 2027 at 14:03`, in the browser's time zone. */
  moment(at: Date | string): string
  /** `3 minutes ago`; `just now` within the last minute. */
  ago(at: Date | string, nowMs: number): string
}

export function useFormats(): Formats {
  const { locale } = useIntl()
  const t = useText()
  return useMemo(() => makeFormats(locale, t('time.justNow')), [locale, t])
}

/** Makes the writers of one locale. @param justNow what the last minute is called */
export function makeFormats(locale: string, justNow: string): Formats {
  const list = new Intl.ListFormat(locale, { type: 'unit', style: 'long' })
  const moments = new Intl.DateTimeFormat(locale, { dateStyle: 'long', timeStyle: 'short' })
  const relative = new Intl.RelativeTimeFormat(locale, { numeric: 'auto' })
  const amount = (count: number, unit: Unit) =>
    new Intl.NumberFormat(locale, { style: 'unit', unit, unitDisplay: 'long' }).format(count)
  return {
    duration: (seconds) => list.format(partsOf(seconds).map(({ count, unit }) => amount(count, unit))),
    amount,
    moment: (at) => moments.format(new Date(at)),
    ago: (at, nowMs) => {
      // The server's clock may be a little ahead of this one.
      const seconds = Math.max(0, (nowMs - new Date(at).getTime()) / 1000)
      if (seconds < unitSeconds.minute) return justNow
      const unit = largestUnit(seconds)
      return relative.format(-Math.floor(seconds / unitSeconds[unit]), unit)
    },
  }
}

/** Days, hours and minutes from the first that is not zero; in the last hour minutes and seconds. */
function partsOf(seconds: number): { unit: Unit; count: number }[] {
  const whole = Math.max(0, Math.floor(seconds))
  const units: readonly Unit[] = whole < unitSeconds.hour ? ['minute', 'second'] : ['day', 'hour', 'minute']
  const counted = units.map((unit, index) => {
    const above = index === 0 ? Infinity : unitSeconds[units[index - 1] ?? unit]
    return { unit, count: Math.floor((whole % above) / unitSeconds[unit]) }
  })
  const first = counted.findIndex(({ count }) => count > 0)
  return first < 0 ? counted.slice(-1) : counted.slice(first)
}

function largestUnit(seconds: number): Unit {
  if (seconds >= unitSeconds.day) return 'day'
  return seconds >= unitSeconds.hour ? 'hour' : 'minute'
}
