import { types, type Client } from 'cassandra-driver'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { NodeWatch } from '../../src/store/cassandra/nodes.ts'

describe('a look at the nodes twice a second', () => {
  beforeEach(() => void vi.useFakeTimers())
  afterEach(() => void vi.useRealTimers())

  /** Two nodes of this data centre and one of another; those in `hung` do not answer. */
  const watch = () => {
    const hung = new Set<string>()
    const aheadMs = new Map<string, number>()
    const hosts = [
      { address: 'a:9042', datacenter: 'dc1', isUp: () => true },
      { address: 'b:9042', datacenter: 'dc1', isUp: () => true },
      { address: 'c:9042', datacenter: 'dc2', isUp: () => false },
    ]
    const client = {
      hosts: { values: () => hosts },
      execute: async (_query: string, _params: unknown, { host }: { host: { address: string } }) => {
        if (hung.has(host.address)) throw new Error('no answer')
        const now = types.TimeUuid.fromDate(new Date(Date.now() + (aheadMs.get(host.address) ?? 0)))
        return { first: () => ({ now }) }
      },
    }
    const told: string[] = []
    // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- what of the driver is used
    const nodes = new NodeWatch(client as unknown as Client, 'dc1')
    nodes.start({ info: (text) => void told.push(text), warn: (text) => void told.push(text) })
    return { nodes, hung, aheadMs, told, aLook: () => vi.advanceTimersByTimeAsync(500) }
  }

  it('tells once of a clock that goes wrong by more than a second, and once that it is right', async () => {
    const { nodes, aheadMs, told, aLook } = watch()
    aheadMs.set('a:9042', 1_000).set('b:9042', -2_500)
    await aLook()
    await aLook()
    expect(told).toEqual([
      "the clock of Cassandra node b:9042 is 2500 ms behind this machine's; at most 1000 ms are taken: " +
        'set both by NTP',
    ])

    aheadMs.clear()
    await aLook()
    expect(told.slice(1)).toEqual(['the clock of Cassandra node b:9042 is right again'])
    nodes.stop()
  })

  it('tells once of one that does not answer, and once that it does again', async () => {
    const { nodes, hung, told, aLook } = watch()
    await aLook()
    expect(told).toEqual([])

    hung.add('b:9042')
    await aLook()
    await aLook()
    expect(told).toEqual(['Cassandra node b:9042 does not answer; it is asked last'])
    expect(nodes.states()).toEqual({ answering: 1, silent: 1 })

    hung.clear()
    await aLook()
    expect(told.slice(1)).toEqual(['Cassandra node b:9042 answers again'])
    expect(nodes.states()).toEqual({ answering: 2, silent: 0 })
    nodes.stop()
  })
})
