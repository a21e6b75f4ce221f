import { describe, expect, it } from 'vitest'
import { manualClock } from '../../src/lib/clock.ts'
import { Remembered } from '../../src/domain/remembered.ts'

describe('what is remembered of control records', () => {
  const given = (version?: () => number) => {
    const clock = manualClock()
    const state = { reads: 0, value: 'first' }
    let release: (() => void)[] = []
    const remembered = new Remembered<string>(
      { clock, documents: { ...(version && { version }) } as never },
      async () => {
        state.reads++
        const { value } = state
        await new Promise<void>((resolve) => release.push(resolve))
        return value
      },
    )
    const releaseAll = () => {
      for (const go of release) go()
      release = []
    }
    return { clock, state, remembered, releaseAll }
  }

  it('is read once for all who want it at the same time', async () => {
    const { state, remembered, releaseAll } = given()

    const values = Promise.all([remembered.get('k'), remembered.get('k')])
    releaseAll()

    expect(await values).toEqual(['first', 'first'])
    expect(state.reads).toBe(1)
  })

  it('is read anew by who comes after a change made here, also while an older read is under way', async () => {
    const { state, remembered, releaseAll } = given()

    const before = remembered.get('k')
    state.value = 'second'
    remembered.forget('k')
    const after = remembered.get('k')
    releaseAll()

    expect(await Promise.all([before, after])).toEqual(['first', 'second'])
    expect(remembered.peek('k')).toBe('second')
  })

  it('is read anew by who comes when a read has been under way for half a second', async () => {
    const { clock, state, remembered, releaseAll } = given()

    const slow = remembered.get('k')
    state.value = 'second'
    clock.advance(500)
    const late = remembered.get('k')
    releaseAll()

    expect(await Promise.all([slow, late])).toEqual(['first', 'second'])
  })

  it('is read anew after each change of the records where the store counts them', async () => {
    let version = 1
    const { state, remembered, releaseAll } = given(() => version)
    const before = remembered.get('k')
    version = 2
    state.value = 'second'

    const after = remembered.get('k')
    releaseAll()

    expect(await Promise.all([before, after])).toEqual(['first', 'second'])
  })
})
