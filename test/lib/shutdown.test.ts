import { describe, expect, it, vi } from 'vitest'
import { listenForShutdown } from '../../src/lib/shutdown.ts'

/** Stands in for the process: signals are called, exits are kept. */
function fakeHost() {
  const listeners = new Map<string, () => void>()
  const exits: number[] = []
  return {
    exits,
    on: (signal: string, listener: () => void) => listeners.set(signal, listener),
    exit: (code: number) => void exits.push(code),
    signal: (signal: 'SIGTERM' | 'SIGINT') => listeners.get(signal)?.(),
  }
}

function start(timeoutMs = 10_000) {
  const host = fakeHost()
  const report = vi.fn<(problem: string, cause?: unknown) => void>()
  const clock = { ms: 0 }
  const shutdown = listenForShutdown({ timeoutMs, report, host, nowMs: () => clock.ms })
  return { host, report, clock, shutdown }
}

describe('shutdown', () => {
  it.each(['SIGTERM', 'SIGINT'] as const)('%s closes in reverse order, then exits with 0', async (signal) => {
    const { host, shutdown } = start()
    const closed: string[] = []
    shutdown.add('store', () => void closed.push('store'))
    shutdown.add('server', async () => {
      await Promise.resolve()
      closed.push('server')
    })

    host.signal(signal)
    await vi.waitFor(() => expect(host.exits).toEqual([0]))

    expect(closed).toEqual(['server', 'store'])
  })

  it('closes the rest when one closer fails, and exits with 1', async () => {
    const { host, report, shutdown } = start()
    const closeStore = vi.fn<() => void>()
    shutdown.add('store', closeStore)
    shutdown.add('server', () => Promise.reject(new Error('busy')))

    await shutdown.begin()

    expect(closeStore).toHaveBeenCalledOnce()
    expect(report).toHaveBeenCalledWith('could not close server', new Error('busy'))
    expect(host.exits).toEqual([1])
  })

  it('ends when time is up, whatever still runs', async () => {
    const { host, report, shutdown } = start(5)
    shutdown.add('server', () => new Promise(() => {}))

    host.signal('SIGTERM')
    await vi.waitFor(() => expect(host.exits).toEqual([0]))

    expect(report).toHaveBeenCalledWith('cut off what had not ended within 5 ms')
  })

  it('exits with 1 at once on a second signal, but not on one that npm passes on', () => {
    const { host, shutdown, clock } = start()
    shutdown.add('server', () => new Promise(() => {}))

    host.signal('SIGINT')
    clock.ms += 499
    host.signal('SIGINT')
    expect(host.exits).toEqual([])

    clock.ms += 1
    host.signal('SIGTERM')
    expect(host.exits).toEqual([1])
  })

  it('closes once, however often it is begun', async () => {
    const { host, shutdown } = start()
    const close = vi.fn<() => void>()
    shutdown.add('store', close)

    await Promise.all([shutdown.begin(2), shutdown.begin()])

    expect(close).toHaveBeenCalledOnce()
    expect(host.exits).toEqual([2])
  })
})
