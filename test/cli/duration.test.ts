import { expect, it } from 'vitest'
import { durationSeconds, durationText } from '../../src/cli/duration.ts'

it.each([
  ['30s', 30],
  ['15m', 900],
  ['24h', 86_400],
  ['90d', 7_776_000],
  ['2w', 1_209_600],
  ['0s', 0],
])('reads %s as %i seconds', (text, seconds) => {
  expect(durationSeconds(text)).toBe(seconds)
})

it.each(['', '30', 's', '1.5h', '-1d', '1d12h', ' 1d', '1 d', '1D', '1y', '1ms', '٣d', '9999999999s'])(
  'refuses "%s", and says how to write it',
  (text) => {
    expect(() => durationSeconds(text)).toThrow('Give a whole number and its unit, as in 30s')
  },
)

it.each([
  [0, '0 s'],
  [59, '59 s'],
  [3_600, '1 h'],
  [7_775_999, '89 d 23 h'],
  [90_061, '1 d 1 h'],
])('shows %i seconds as %s', (seconds, text) => {
  expect(durationText(seconds)).toBe(text)
})
