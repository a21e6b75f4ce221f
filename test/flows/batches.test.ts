import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { recordVisit } from '../../src/domain/profiles/update.ts'
import type { Client } from '../../src/domain/clients/directory.ts'
import { applyNext, tidySpool } from '../../src/domain/batches/worker.ts'
import { withMethods } from '../../src/lib/with-methods.ts'
import { dayMs } from '../../src/model/limits.ts'
import type { Store } from '../../src/store/store.ts'
import {
  applyAllBatches,
  claimAndRelease,
  failedRowsText,
  statusOf,
  testContext,
  upload,
  type TestContext,
} from '../support/context.ts'
import { stores, withoutUploads } from '../support/stores.ts'

describe.each(stores)('batches over the %s store', (_, open) => {
  let store: Store
  let context: TestContext
  let client: Client
  beforeEach(async () => {
    store = await open()
    context = testContext(store)
    client = await context.clients.ensure('demo', 14)
  })
  afterEach(() => store.close())

  const attributes = async (kind: 'tntId' | 'thirdPartyId', id: string) => {
    const view = await store.profiles.get('demo', { kind, id }, context.clock.nowMs())
    return view && Object.fromEntries(view.attributes.map(({ name, value }) => [name, value]))
  }
  const none = { created: 0, updated: 0, unchanged: 0, profilesNotFound: 0, failedUpdates: 0 }

  it('v2 creates profiles, ignores short rows and empty cells, and counts every row once', async () => {
    const batch = await upload(
      context,
      client,
      'batch=pcId,param1,param2,param3,param4\n123,value1\n124,value1,,,value4\n125,,value2\n' +
        '126,value1,value2,value3,value4',
    )

    await applyAllBatches(context)

    expect(await statusOf(context, client, batch)).toEqual({
      ...none,
      status: 'complete',
      rows: 4,
      created: 4,
    })
    expect(await attributes('tntId', '124')).toEqual({ param1: 'value1', param4: 'value4' })
    expect(await attributes('tntId', '125')).toEqual({ param2: 'value2' })
  })

  it('v1 updates what is there and counts the others as not found', async () => {
    await recordVisit(context, client, { ids: { thirdPartyId: 'known' }, set: new Map() })
    const batch = await upload(
      context,
      client,
      'batch=thirdPartyId,a\nknown,1\nunknown,1\nunknown,\nknown,\n',
      1,
    )

    await applyAllBatches(context)

    const counts = { ...none, updated: 1, unchanged: 1, profilesNotFound: 2 }
    expect(await statusOf(context, client, batch)).toEqual({ ...counts, status: 'complete', rows: 4 })
    expect(await attributes('thirdPartyId', 'unknown')).toBeUndefined()
  })

  it('is incomplete and counts nothing until its rows are applied', async () => {
    const batch = await upload(context, client, 'batch=pcId,a\n1,1\n')

    expect(await statusOf(context, client, batch)).toEqual({ ...none, status: 'incomplete', rows: 1 })
  })

  it('fails bad rows alone, and gives them back as an upload that says line, column and reason', async () => {
    const lines = [
      'batch=thirdPartyId,tier,ltv',
      'good,gold,1',
      'bad-escape,gold,%zz',
      '',
      ',gold,2',
      '# line 3: a comment of ours',
      'a%2Bb,gold,3',
      'good2,silver,%ff',
      'many,1,2,3',
      'fine,1,2,,',
      '   ,x',
      'x%2,1',
    ]
    const batch = await upload(context, client, lines.join('\r\n'))

    await applyAllBatches(context)

    expect(await statusOf(context, client, batch)).toEqual({
      ...none,
      status: 'complete',
      rows: 9,
      created: 2,
      failedUpdates: 7,
    })
    const text = await failedRowsText(context, client, batch)
    expect(text.split('\n')).toEqual([
      'batch=thirdPartyId,tier,ltv',
      'bad-escape,gold,%zz',
      '# line 3, column ltv: malformed escape %zz',
      ',gold,2',
      '# line 5, column thirdPartyId: missing id',
      'a%2Bb,gold,3',
      '# line 7, column thirdPartyId: the id holds "+" or "/", ' +
        'which a thirdPartyId must not; use an id without them',
      'good2,silver,%ff',
      '# line 8, column ltv: invalid UTF-8',
      'many,1,2,3',
      '# line 9, column 4: more values than the 3 columns of the header',
      '   ,x',
      '# line 11, column thirdPartyId: missing id',
      'x%2,1',
      '# line 12, column thirdPartyId: malformed escape %2',
      '',
    ])
    const mended = await upload(
      context,
      client,
      Buffer.from(text.replace('%zz', '9').replace('x%2', 'x2'), 'latin1'),
    )
    await applyAllBatches(context)
    expect(await statusOf(context, client, mended)).toMatchObject({ rows: 7, created: 2, failedUpdates: 5 })
  })

  it('fails a row that would make its profile too large, and says so', async () => {
    const batch = await upload(context, client, `batch=thirdPartyId,a\nc1,${'x'.repeat(65_536)}\nc2,1\n`)

    await applyAllBatches(context)

    expect(await statusOf(context, client, batch)).toMatchObject({ created: 1, failedUpdates: 1 })
    expect(await failedRowsText(context, client, batch)).toContain(
      '\n# line 2: profile too large: 65567 bytes of names and values, the limit is 65536\n',
    )
  })

  it('keeps no upload once it is complete, and forgets the batch after its retention', async () => {
    const batch = await upload(context, client, 'batch=pcId,a\n1,1\n')
    await applyAllBatches(context)

    expect(await store.spool.open(batch.batchId)).toBeUndefined()
    expect(await failedRowsText(context, client, batch)).toBe('batch=pcId,a\n')
    context.clock.advance(30 * dayMs + 1000)
    await tidySpool(context)
    expect(await statusOf(context, client, batch)).toBeUndefined()
    expect(await failedRowsText(context, client, batch)).toBe('')
  })

  it('never overwrites a visit that came after the upload was accepted, however late it is applied', async () => {
    const ids = { thirdPartyId: 'c1' }
    await recordVisit(context, client, { ids, set: new Map([['before', 'visit']]) })
    await upload(context, client, 'batch=thirdPartyId,before,after\nc1,batch,batch\n')
    await recordVisit(context, client, { ids, set: new Map([['after', 'visit']]) })
    context.clock.advance(dayMs)

    await applyAllBatches(context)

    expect(await attributes('thirdPartyId', 'c1')).toEqual({ before: 'batch', after: 'visit' })
  })

  it('applies rows of one profile in file order, also when they name two of its ids', async () => {
    for (const tntId of ['zz', 'aa']) {
      await recordVisit(context, client, { ids: { thirdPartyId: 'c1', tntId }, set: new Map() })
    }
    await upload(context, client, 'batch=pcId,x,y\nzz,1,1\naa,2,2\nzz,3\naa,,4\nzz,,5\n')

    await applyAllBatches(context)

    expect(await attributes('thirdPartyId', 'c1')).toEqual({ x: '3', y: '5' })
  })

  it.each([
    ['location hints', 'u1.2_1', 'u1.1_1'],
    ['an escape', 'u1', '%751'],
    ['blanks', 'u1', '  u1 '],
  ])('judges rows of one id in file order, spelled with %s', async (_what, first, second) => {
    const [long, other] = ['x'.repeat(40_000), 'y'.repeat(40_000)]
    await recordVisit(context, client, { ids: { tntId: 'u1' }, set: new Map([['a', long]]) })
    const batch = await upload(context, client, `batch=pcId,a,b\n${first},1,\n${second},,${other}\n`)

    await applyAllBatches(context)

    expect(await statusOf(context, client, batch)).toMatchObject({ updated: 2, failedUpdates: 0 })
    expect(await attributes('tntId', 'u1')).toEqual({ a: '1', b: other })
  })

  it('leaves comments out of failed rows where the file could not be uploaded again with them', async () => {
    const small = testContext(store, { batchBytesMax: 2_500 })
    const rows = Array.from({ length: 200 }, (_unused, i) => `r${i},%z`)
    const batch = await upload(small, client, `batch=thirdPartyId,a\n${rows.join('\n')}`)
    await applyAllBatches(small)

    const text = await failedRowsText(small, client, batch)

    const lines = text.split('\n')
    expect(lines.filter((line) => !line.startsWith('# line '))).toEqual(['batch=thirdPartyId,a', ...rows, ''])
    expect(lines[2]).toBe('# line 2, column a: malformed escape %z')
    expect(text.length).toBeLessThan(2_500)
    expect(await upload(small, client, text)).toMatchObject({ rows: 200 })
  })

  it('changes nothing when the same rows are applied a second time', async () => {
    const text = 'batch=pcId,x\n1,a\n2,b\n1,c\n'
    await upload(context, client, text)
    await applyAllBatches(context)
    const before = await attributes('tntId', '1')

    const again = await upload(context, client, text)
    await applyAllBatches(context)

    // Within the second upload, line 2 and line 4 differ for visitor 1.
    expect(await statusOf(context, client, again)).toMatchObject({
      status: 'complete',
      created: 0,
      failedUpdates: 0,
    })
    expect(await attributes('tntId', '1')).toEqual(before)
  })

  it('merges consecutive batches', async () => {
    await upload(context, client, 'batch=thirdPartyId,a,b\nc1,1,1\n')
    await upload(context, client, 'batch=thirdPartyId,b,c\nc1,2,2\n')

    await applyAllBatches(context)

    expect(await attributes('thirdPartyId', 'c1')).toEqual({ a: '1', b: '2', c: '2' })
  })

  it('takes the clients in turn, each one batch at a time in the order accepted', async () => {
    const other = await context.clients.ensure('other', 14)
    const accepted = []
    for (const owner of [client, client, other]) {
      accepted.push(await upload(context, owner, 'batch=pcId,a\n1,1\n'))
      context.clock.advance(1)
    }
    const order: string[] = []
    const options = { signal: new AbortController().signal, onProblem: () => {} }
    for (let held = 0; held < 3; held++) {
      order.push((await claimAndRelease(context)) ?? 'none')
      if (held === 1) await applyNext(context, { ...options, holder: 'test' })
    }

    const [first, second, third] = accepted.map(({ batchId }) => batchId)
    expect(order).toEqual([first, third, third])
    await applyAllBatches(context)
    expect(await statusOf(context, client, accepted[1]!)).toMatchObject({ status: 'complete' })
    expect(second).not.toBe(first)
  })

  it('is stuck while its upload cannot be read, goes on by itself, and holds up only its own client', async () => {
    const other = await context.clients.ensure('other', 14)
    const batch = await upload(context, client, 'batch=pcId,a\n1,1\n')
    const waiting = await upload(context, client, 'batch=pcId,a\n2,2\n')
    const others = await upload(context, other, 'batch=pcId,a\n1,1\n')
    let broken = true
    const failing: TestContext = { ...context, store: withoutUploads(store, () => broken) }
    const options = { holder: 'test', signal: new AbortController().signal, onProblem: () => {} }

    await applyNext(failing, options)

    expect(await statusOf(context, client, batch)).toMatchObject({ status: 'stuck' })
    expect(await statusOf(context, client, waiting)).toMatchObject({ status: 'stuck' })
    await applyAllBatches(context)
    expect(await statusOf(context, other, others)).toMatchObject({ status: 'complete' })
    broken = false
    context.clock.advance(15_001)
    await applyAllBatches(failing)
    expect(await statusOf(context, client, batch)).toMatchObject({ status: 'complete', created: 1 })
    expect(await statusOf(context, client, waiting)).toMatchObject({ status: 'complete', created: 1 })
  })

  it('is stuck after ten minutes without progress', async () => {
    const batch = await upload(context, client, 'batch=pcId,a\n1,1\n')

    context.clock.advance(599_000)
    expect(await statusOf(context, client, batch)).toMatchObject({ status: 'incomplete' })
    context.clock.advance(2_000)
    expect(await statusOf(context, client, batch)).toMatchObject({ status: 'stuck' })
  })

  it('is an unknown batch to another client', async () => {
    const other = await context.clients.ensure('other', 14)
    const batch = await upload(context, client, 'batch=pcId,a\n1,1\n')

    expect(await statusOf(context, other, batch)).toBeUndefined()
    expect(await failedRowsText(context, other, batch)).toBe('')
  })

  it('goes on from its checkpoint after being stopped, and every row ends in exactly one count', async () => {
    const rows = Array.from(
      { length: 300 },
      (_unused, i) => `id${(i * 7919) % 300},${i % 10 === 0 ? '%zz' : i}`,
    )
    const batch = await upload(context, client, `batch=pcId,a\n${rows.join('\n')}\n`)
    let groups = 0
    for (let rounds = 0; rounds < 400; rounds++) {
      const stop = new AbortController()
      const profiles = withMethods(store.profiles, {
        applyRows: async (given, nowMs, onWritten) => {
          // The checkpoint is a quarter of a second apart; stops come after every other group, twenty
          // of them: nodes that share a batch begin a part anew.
          context.clock.advance(300)
          if (++groups % 2 === 0 && rounds < 20) stop.abort()
          return store.profiles.applyRows(given, nowMs, onWritten)
        },
      })
      const small = {
        ...context,
        settings: { ...context.settings, checkpointRows: 7 },
        store: { ...store, profiles },
      }
      const more = await applyNext(small, {
        holder: `holder-${rounds}`,
        signal: stop.signal,
        onProblem: () => {},
      })
      if (!more) break
    }

    expect(groups).toBeGreaterThan(40)
    const status = await statusOf(context, client, batch)
    expect(status).toMatchObject({ status: 'complete', rows: 300, profilesNotFound: 0, failedUpdates: 30 })
    // Of rows that are applied again the second kind counts.
    expect(status!.created + status!.updated + status!.unchanged).toBe(270)
  })
})
