import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { describe, expect, it, onTestFinished, vi } from 'vitest'
import { digestStore, pageRecords } from '../../src/cli/copy/digest.ts'
import { firstState, makePass, type Copy, type CopyState } from '../../src/cli/copy/passes.ts'
import { patiently } from '../../src/cli/copy/patience.ts'
import { Refusal } from '../../src/lib/errors.ts'
import { CopyJournal } from '../../src/store/lmdb/copy-journal.ts'
import { openMemoryStore } from '../../src/store/memory/store.ts'
import type { Store } from '../../src/store/store.ts'
import { applyAllBatches, testContext, upload } from '../support/context.ts'
import { startMs, update, visit } from '../support/updates.ts'

const signal = new AbortController().signal
const unknown = () => new Refusal('store_unavailable', 'The store cannot be reached for the moment.')

async function startCopy(given: Partial<Copy> = {}): Promise<Copy> {
  const directory = await mkdtemp(path.join(tmpdir(), 'silhouette-journal-'))
  const journal = new CopyJournal<CopyState>(directory)
  onTestFinished(async () => {
    await journal.close()
    await rm(directory, { recursive: true, force: true })
  })
  await journal.begin(firstState('a copy'))
  const stores = { source: openMemoryStore(), target: openMemoryStore() }
  return { ...stores, journal, signal, nowMs: () => startMs + 100, onRead: () => {}, ...given }
}

/** A store with two clients, profiles and batches, one of these not complete. */
async function fill(store: Store) {
  const context = testContext(store)
  const demo = await context.clients.ensure('demo', 14)
  await context.clients.ensure('acme', 14)
  await store.profiles.apply(
    [
      visit({ ids: { tntId: 't1', thirdPartyId: 'c1' }, set: { a: '1' } }),
      visit({ client: 'acme', ids: { tntId: 't1' }, set: { a: '1' } }),
      visit({ client: 'acme', ids: { tntId: 't2' }, set: { b: '2' } }),
    ],
    startMs,
  )
  await upload(context, demo, 'batch=pcId,a\nx,1\ny,%zz\n')
  await applyAllBatches(context)
  await upload(context, demo, 'batch=pcId,a\nz,1\n')
  return context
}

async function expectSame({ source, target }: Copy) {
  const options = { nowMs: startMs + 100, signal, onRead: () => {} }
  expect(await digestStore(target, options)).toEqual(await digestStore(source, options))
}

describe('a pass over a store', () => {
  it('copies everything, and the next one only what differs since', async () => {
    const copy = await startCopy()
    await fill(copy.source)

    const first = await makePass(copy)
    const still = await makePass(copy)
    await copy.source.profiles.apply(
      [update({ ids: { tntId: 't1' }, set: { a: '2' }, atMs: startMs + 9 })],
      startMs,
    )
    const changed = await makePass(copy)

    expect(first.changed).toBeGreaterThan(9)
    expect([still.changed, changed.changed]).toEqual([0, 1])
    await expectSame(copy)
  })

  it('removes from the target what is gone from the source', async () => {
    const copy = await startCopy()
    const { batches, documents, profiles } = copy.source
    await fill(copy.source)
    await makePass(copy)

    await profiles.removeClient('acme')
    await documents.clear('acme', ['settings'])
    await batches.removeClient('demo')
    for (const { id, version } of await documents.list('*', 'clients', { prefix: 'acme', limit: 1 }))
      await documents.commit('*', [{ kind: 'remove', collection: 'clients', id, ifVersion: version }])
    await makePass(copy)

    const { target } = copy
    expect(await target.profiles.get('acme', { kind: 'tntId', id: 't2' }, startMs)).toBeUndefined()
    expect((await target.batches.list('demo', { limit: 1, offset: 0 })).total).toBe(0)
    await expectSame(copy)
  })

  it('goes on where it was stopped, and copies no page twice', async () => {
    const copy = await startCopy()
    const visits = Array.from({ length: 2 * pageRecords + 1 }, (_, i) => visit({ ids: { tntId: `t${i}` } }))
    await copy.source.profiles.apply(visits, startMs)
    const put = vi.spyOn(copy.target.transfer, 'putProfiles')
    const stop = new AbortController()
    let pages = 0
    const onRead = (label: string) => void (label.includes('profiles') && ++pages === 1 && stop.abort())

    await expect(makePass({ ...copy, signal: stop.signal, onRead })).rejects.toThrow(/abort/)
    const gone = await makePass(copy)
    const after = await makePass(copy)

    expect(put.mock.calls.map(([page]) => page.length)).toEqual([pageRecords, pageRecords, 1, 0, 0, 0])
    expect([gone, after]).toEqual([
      { changed: visits.length, wasResumed: true },
      { changed: 0, wasResumed: false },
    ])
    await expectSame(copy)
  })
})

describe('a store that is away', () => {
  it('is tried again each second, and the copy goes on once it is back', async () => {
    vi.useFakeTimers({ toFake: ['setTimeout', 'performance'] })
    onTestFinished(() => void vi.useRealTimers())
    let tries = 0
    const work = async () => {
      if (++tries < 4) throw unknown()
      return 'done'
    }

    const ending = patiently(signal, work)
    await vi.advanceTimersByTimeAsync(3_000)

    expect(await ending).toBe('done')
  })

  it('for longer than a minute ends the copy, which says how to go on', async () => {
    vi.useFakeTimers({ toFake: ['setTimeout', 'performance'] })
    onTestFinished(() => void vi.useRealTimers())
    const work = async () => {
      throw unknown()
    }

    const ending = patiently(signal, work).catch((error: unknown) => error)
    await vi.advanceTimersByTimeAsync(62_000)

    expect(await ending).toMatchObject({
      name: 'StoreNotReachable',
      hint: 'What was copied stays: run it again, and it goes on.',
    })
  })
})
