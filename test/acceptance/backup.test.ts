import { existsSync, readdirSync, statSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { describe, expect, it } from 'vitest'
import { fetchValues } from './support/calls.ts'
import { checkBatch, inParallel } from './support/checks.ts'
import { Person, startWithCommand, type Ran } from './support/command.ts'
import { makeDirectory, startServer } from './support/server.ts'
import { Traffic } from './support/traffic.ts'

/** What `backup --json` prints. */
interface Report {
  readonly directory: string
  readonly bytes: number
  readonly batches: number
  readonly incompleteBatches: number
  readonly hasSecretKey: boolean
  readonly uploadsMissing: readonly string[]
}

function backUp(directory: string, target: string, ...flags: readonly string[]): Promise<Ran> {
  return new Person().run(['backup', target, '--store', `lmdb:${directory}`, ...flags])
}

describe('a backup of a store under load', () => {
  it('opens beside its origin, holds every write acknowledged before, and completes its batches', async () => {
    const settings = { CHECKPOINT_ROWS: '500', LOG_LEVEL: 'warn' }
    const { server, directory } = await startWithCommand(settings)
    const traffic = new Traffic()
    const target = makeDirectory()
    await traffic.settle(server.url)
    const writing = traffic.run(server.url, 0)

    const copies: { copy: string; report: Report; before: Before }[] = []
    for (const name of ['first', 'second', 'third']) {
      await traffic.acknowledges('a batch')
      const before = snapshotOf(traffic)
      const copy = path.join(target, name)
      const { code, stdout, stderr } = await backUp(
        directory,
        copy,
        '--json',
        ...(name === 'second' ? ['--compact'] : []),
      )
      expect({ code, stderr }).toEqual({ code: 0, stderr: '' })
      copies.push({ copy, before, report: JSON.parse(stdout) as Report })
    }
    traffic.stop()
    await writing

    for (const { before, copy, report } of copies) {
      expect(report).toMatchObject({ directory: copy, hasSecretKey: true, uploadsMissing: [] })
      expect(report.batches).toBeGreaterThanOrEqual(before.batches.length)
      // The origin is still served: what its server left in the copy must not hinder another.
      const restored = await startServer({ directory: copy, settings })
      await inParallel([...before.acknowledged], async ([profile, attributes]) => {
        expect(await fetchValues(restored.url, profile), profile).toMatchObject(attributes)
      })
      for (const batch of before.batches) await checkBatch(restored.url, batch)
      expect(await restored.stop()).toEqual({ code: 0, signal: null })
      expect(restored.stderr()).toBe('')
    }
    expect(server.stderr()).toBe('')
  }, 180_000)
})

type Before = Pick<Traffic, 'acknowledged' | 'batches'>

function snapshotOf({ acknowledged, batches }: Traffic): Before {
  return { acknowledged: structuredClone(acknowledged), batches: [...batches] }
}

describe('a backup', () => {
  it('is its owner’s alone, holds nothing of the server, and doctor finds nothing wrong with it', async () => {
    const { directory } = await startWithCommand()
    const copy = path.join(makeDirectory(), 'copy')

    const { code, stdout } = await backUp(directory, copy)

    expect(code).toBe(0)
    expect(stdout).toMatch(
      /^Backup complete: .*copy, [\d.]+ KiB, 0 batches \(0 incomplete\), with the secret key\.\n$/,
    )
    expect(readdirSync(copy).toSorted()).toEqual(['data.mdb', 'secret-key', 'spool'])
    expect(rightsOf(copy, 'spool', '.')).toEqual([0o700, 0o700])
    expect(rightsOf(copy, 'data.mdb', 'secret-key')).toEqual([0o600, 0o600])
    const { findings } = await new Person().json<Findings>([
      'doctor',
      '--store',
      `lmdb:${copy}`,
      '--port',
      '1',
    ])
    expect(findings.filter(({ level }) => level !== 'ok')).toEqual([])
    // A look does not make the lock file that a start makes.
    expect(readdirSync(copy).toSorted()).toEqual(['data.mdb', 'secret-key', 'spool'])
  })

  it('goes into an empty directory, and is itself a store that can be copied', async () => {
    const { directory } = await startWithCommand()
    const copy = makeDirectory()
    const again = path.join(makeDirectory(), 'again')

    const codes = [(await backUp(directory, copy)).code, (await backUp(copy, again)).code]

    expect(codes).toEqual([0, 0])
    expect(existsSync(path.join(again, 'data.mdb'))).toBe(true)
  })

  it('1 leaves nothing behind when its target is not empty, no directory, or in the wrong place', async () => {
    const { directory } = await startWithCommand()
    const full = makeDirectory()
    const file = path.join(full, 'file')
    writeFileSync(file, 'kept')
    const targets = [full, file, path.join(directory, 'copy'), path.join(full, 'a', 'b')]

    const ran = await Promise.all(targets.map((target) => backUp(directory, target)))

    const reasons = [/is not empty;/, /is no directory;/, /is inside the store directory;/, /make it first/]
    for (const [index, { code, stderr }] of ran.entries()) {
      expect(code).toBe(1)
      expect(stderr).toMatch(/^silhouette: No backup was made: .*\.\n$/)
      expect(stderr).toMatch(reasons[index] ?? '')
    }
    expect(readdirSync(full)).toEqual(['file'])
    expect(readdirSync(directory).toSorted()).toEqual(['data.mdb', 'lock.mdb', 'secret-key', 'spool'])
  })

  it('1 is not made of a directory without a store, 2 of a store in memory', async () => {
    const nothing = makeDirectory()
    const target = path.join(makeDirectory(), 'copy')

    const none = await backUp(nothing, target)
    const memory = await new Person().run(['backup', target, '--store', 'memory:'])

    expect([none.code, memory.code]).toEqual([1, 2])
    expect(none.stderr).toContain('there is no store in')
    expect(readdirSync(nothing)).toEqual([])
    expect(existsSync(target)).toBe(false)
  })
})

interface Findings {
  readonly findings: readonly { check: string; level: string; text: string; todo?: string }[]
}

function rightsOf(directory: string, ...names: readonly string[]): number[] {
  return names.map((name) => statSync(path.join(directory, name)).mode & 0o777)
}
