import { describe, expect, it } from 'vitest'
import { Gatherer } from '../../src/store/cassandra/gatherer.ts'

describe('what is asked for in one turn', () => {
  const groups: string[][] = []
  const upper = async (items: readonly string[]) => {
    groups.push([...items])
    if (items.includes('bad')) throw new Error('refused')
    return items.map((item) => item.toUpperCase())
  }
  const gatherer = () => {
    groups.length = 0
    return new Gatherer<string, string>(upper)
  }

  it('goes together, and each gets its own result', async () => {
    const asked = gatherer()

    const results = await Promise.all(['a', 'b', 'c'].map((item) => asked.add('k', 0.1, item)))

    expect(results).toEqual(['A', 'B', 'C'])
    expect(groups).toEqual([['a', 'b', 'c']])
  })

  it('goes apart where the keys differ, and turn by turn', async () => {
    const asked = gatherer()

    await Promise.all([asked.add('k', 0.1, 'a'), asked.add('l', 0.1, 'b'), asked.add('k', 0.1, 'c')])
    await asked.add('k', 0.1, 'd')

    expect(groups).toEqual([['a', 'c'], ['b'], ['d']])
  })

  it('begins a new group when one is full, and leaves alone what is too large for any', async () => {
    const asked = gatherer()

    await Promise.all([
      asked.add('k', 0.5, 'a'),
      asked.add('k', 0.5, 'b'),
      asked.add('k', 0.5, 'c'),
      asked.add('k', 3, 'large'),
      asked.add('k', 0.1, 'd'),
    ])

    expect(groups).toEqual([['a', 'b'], ['c'], ['large'], ['d']])
  })

  it('fails together, and others do not', async () => {
    const asked = gatherer()

    const results = await Promise.allSettled([
      asked.add('k', 0.1, 'a'),
      asked.add('k', 0.1, 'bad'),
      asked.add('l', 0.1, 'b'),
    ])

    expect(results.map(({ status }) => status)).toEqual(['rejected', 'rejected', 'fulfilled'])
  })
})
