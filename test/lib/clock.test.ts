import { afterEach, describe, expect, it, vi } from 'vitest'
import { manualClock, systemClock } from '../../src/lib/clock.ts'

afterEach(() => vi.restoreAllMocks())

describe('the system clock', () => {
  it('stands still while the machine is set back, and goes on from there', () => {
    const times = [1000, 400, 999, 1001]
    vi.spyOn(Date, 'now').mockImplementation(() => times.shift() ?? 0)
    const clock = systemClock()

    const told = [clock.nowMs(), clock.nowMs(), clock.nowMs(), clock.nowMs()]

    expect(told).toEqual([1000, 1000, 1000, 1001])
  })
})

describe('the manual clock', () => {
  it('moves only when moved', () => {
    const clock = manualClock(1000)
    clock.advance(50)
    const advanced = clock.nowMs()
    clock.set(7)

    expect([advanced, clock.nowMs(), clock.nowMs()]).toEqual([1050, 7, 7])
  })
})
