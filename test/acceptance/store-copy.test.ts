import { spawn } from 'node:child_process'
import { copyFileSync, existsSync, readdirSync, statSync } from 'node:fs'
import path from 'node:path'
import { describe, expect, it, onTestFinished } from 'vitest'
import { fetchValues, visit } from './support/calls.ts'
import { checkBatch, inParallel } from './support/checks.ts'
import { commandFile, Person, startWithCommand, type Ran } from './support/command.ts'
import { launch, makeDirectory, startServer } from './support/server.ts'
import { Traffic } from './support/traffic.ts'
import { waitFor } from './support/wait.ts'

/** Somebody who copies one directory to another. */
class Copier {
  readonly person = new Person()
  readonly target = path.join(makeDirectory(), 'target')
  readonly #args: readonly string[]

  constructor(source: string) {
    this.#args = ['store', 'copy', '--from', `lmdb:${source}`, '--to', `lmdb:${this.target}`]
  }

  run(...flags: readonly string[]): Promise<Ran> {
    return this.person.run([...this.#args, ...flags])
  }

  /** Begins a copy and kills it once its journal is there, so that it is somewhere in the middle. */
  async kill(): Promise<void> {
    const child = spawn(process.execPath, [commandFile, ...this.#args], {
      cwd: this.person.home,
      env: this.person.env,
      stdio: 'ignore',
    })
    const ended = new Promise<void>((resolve) => child.once('close', () => resolve()))
    onTestFinished(() => void child.kill('SIGKILL'))
    const journal = path.join(this.person.home, 'silhouette-copy', 'data.mdb')
    await waitFor('the journal', () => (existsSync(journal) ? true : undefined), { everyMs: 1 })
    child.kill('SIGKILL')
    await ended
  }
}

describe('a copy of a store under load', () => {
  it('goes on after SIGKILL, and holds all that was acknowledged once it is final', async () => {
    const settings = { CHECKPOINT_ROWS: '500', LOG_LEVEL: 'warn' }
    const { server, directory } = await startWithCommand(settings)
    const traffic = new Traffic()
    const copier = new Copier(directory)
    await traffic.settle(server.url)
    const writing = traffic.run(server.url, 0)

    await traffic.acknowledges('a batch')
    await copier.kill()
    const copying = copier.run()
    await traffic.acknowledges('a batch')
    await traffic.acknowledges('a batch')
    traffic.stop()
    await writing
    const served = await copying
    await visit(server.url, { thirdPartyId: 'late' }, { seen: 'after the copy' })
    const tooEarly = await copier.run('--final')
    await server.stop()
    const final = await copier.run('--final', '--verify', '--json')

    expect(served).toMatchObject({ code: 0 })
    expect(served.stdout).toContain('run this again with --final')
    expect(tooEarly).toMatchObject({ code: 1 })
    expect(tooEarly.stderr).toContain('is in use by process')
    expect(final).toMatchObject({ code: 0, stderr: '' })
    const report = JSON.parse(final.stdout)
    expect(report.complete).toBe(true)
    expect(report.verified.map(({ kind, same }: { kind: string; same: boolean }) => [kind, same])).toEqual([
      ['control records', true],
      ['lists of attribute names', true],
      ['profiles', true],
      ['batches', true],
    ])
    copyFileSync(path.join(directory, 'secret-key'), path.join(copier.target, 'secret-key'))
    const restored = await startServer({ directory: copier.target, settings })
    await inParallel([...traffic.acknowledged], async ([profile, attributes]) => {
      expect(await fetchValues(restored.url, profile), profile).toMatchObject(attributes)
    })
    // All are compared by --verify; those at the beginning and the end are also looked at.
    for (const batch of [...traffic.batches.slice(0, 10), ...traffic.batches.slice(-20)])
      await checkBatch(restored.url, batch)
    expect(await fetchValues(restored.url, 'thirdPartyId/late')).toEqual({ seen: 'after the copy' })
    expect(await restored.stop()).toEqual({ code: 0, signal: null })
    expect(restored.stderr()).toBe('')
  }, 120_000)
})

describe('a copy of a store', () => {
  it('is not served before it is final, not copied over afterwards, and compared at any time', async () => {
    const { server, directory } = await startWithCommand()
    await visit(server.url, { thirdPartyId: 'ada' }, { tier: 'gold' })
    const copier = new Copier(directory)

    const first = await copier.run()
    const early = launch({ directory: copier.target })
    const { code: earlyCode } = await early.ended
    await server.stop()
    const final = await copier.run('--final')
    const again = await copier.run('--final')
    const compared = await copier.run('--verify')
    const origin = await startServer({ directory })
    await visit(origin.url, { thirdPartyId: 'bob' })
    await origin.stop()
    const differing = await copier.run('--verify')

    expect([first.code, earlyCode, final.code, again.code, compared.code]).toEqual([0, 1, 0, 1, 0])
    expect(early.stderr()).toMatch(/unfinished copy of lmdb:.*store copy --final/)
    expect(final.stdout).toContain('The copy is complete; the target may be served.')
    expect(final.stderr).toMatch(/SILHOUETTE_SECRET_KEY with what .*secret-key holds/)
    expect(again.stderr).toContain('holds a complete copy')
    expect(compared.stdout).toContain('profiles 1')
    expect(differing.code).toBe(1)
    expect(differing.stderr).toContain('The stores differ in profiles (2 and 1).')
    // The journal names visitors.
    expect(existsSync(path.join(copier.person.home, 'silhouette-copy'))).toBe(false)
  }, 60_000)

  it('1 refuses a target that was served, and one that another journal knows', async () => {
    const { server, directory } = await startWithCommand()
    const other = await startWithCommand()
    await visit(server.url, { thirdPartyId: 'ada' })
    const copier = new Copier(directory)
    const stranger = new Copier(directory)

    const first = await copier.run()
    const journal = path.join(copier.person.home, 'silhouette-copy')
    const rights = statSync(journal).mode & 0o777
    await other.server.stop()
    const [full, unknown] = await Promise.all([
      stranger.person.run([
        'store',
        'copy',
        '--from',
        `lmdb:${directory}`,
        '--to',
        `lmdb:${other.directory}`,
      ]),
      stranger.person.run([
        'store',
        'copy',
        '--from',
        `lmdb:${directory}`,
        '--to',
        `lmdb:${copier.target}`,
        '--journal',
        path.join(stranger.person.home, 'another'),
      ]),
    ])

    expect([first.code, full.code, unknown.code, rights]).toEqual([0, 1, 1, 0o700])
    expect(full.stderr).toContain('The target is not empty')
    expect(unknown.stderr).toContain('this journal does not know')
  }, 60_000)

  it('1 is not made of a directory without a store, and leaves it as it is', async () => {
    const nothing = makeDirectory()
    const copier = new Copier(nothing)

    const ran = [await copier.run(), await copier.run('--final')]

    expect(ran.map(({ code }) => code)).toEqual([1, 1])
    expect(ran[1]?.stderr).toContain('There is no store in')
    expect(readdirSync(nothing)).toEqual([])
    expect(existsSync(copier.target)).toBe(false)
  })

  it('2 is not made of a store in memory, of one that is not named, or of a store to itself', async () => {
    const person = new Person()
    const args = [
      ['--from', 'memory:', '--to', 'lmdb:there'],
      ['--from', 'lmdb:here'],
      ['--from', 'lmdb:here', '--to', 'lmdb:here'],
      ['--from', 'nonsense', '--to', 'lmdb:here'],
    ]

    const ran = await Promise.all(args.map((one) => person.run(['store', 'copy', ...one])))

    expect(ran.map(({ code }) => code)).toEqual([2, 2, 2, 2])
    expect(existsSync(path.join(person.home, 'there'))).toBe(false)
  })
})
