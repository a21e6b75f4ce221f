import { types, type Client } from 'cassandra-driver'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { NodeWatch } from '../../src/store/cassandra/nodes.ts'

describe('a look at the nodes twice a second', () => {
  beforeEach(() => void vi.useFakeTimers())
  afterEach(() => void vi.useRealTimers())

  /** Two nodes of this data centre and one of another; those in `hung` do not answer. */
  const watch = () => {
    const hung = new Set<string>()
    const hosts = [
      { address: 'a:9042', datacenter: 'dc1', isUp: () => true },
      { address: 'b:9042', datacenter: 'dc1', isUp: () => true },
      { address: 'c:9042', datacenter: 'dc2', isUp: () => false },
    ]
    const client = {
      hosts: { values: () => hosts },
      execute: async (_query: string, _params: unknown, { host }: { host: { address: string } }) => {
        if (hung.has(host.address)) throw new Error('no answer')
        return { first: () => ({ now: types.TimeUuid.now() }) }
      },
    }
    const told: string[] = []
    // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- what of the driver is used
    const nodes = new NodeWatch(client as unknown as Client, 'dc1')
    nodes.start({ info: (text) => void told.push(text), warn: (text) => void told.push(text) })
    return { nodes, hung, told, aLook: () => vi.advanceTimersByTimeAsync(500) }
  }

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
