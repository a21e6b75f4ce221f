import { randomInt } from 'node:crypto'
import { setTimeout as sleep } from 'node:timers/promises'
import { expect, it } from 'vitest'
import { fetchValues } from './support/calls.ts'
import { checkBatch, inParallel, sampleRows } from './support/checks.ts'
import { seededRandom } from './support/random.ts'
import { makeDirectory, startServer } from './support/server.ts'
import { Traffic } from './support/traffic.ts'
import { waitFor } from './support/wait.ts'

const rounds = 20

/** A kill comes at most so long after the first acknowledgement of its round, ms. */
const killWithinMs = 300

it(`SIGKILL at ${rounds} random moments loses nothing acknowledged, and counts each row once`, async () => {
  const seed = Number(process.env['KILL_SEED'] ?? randomInt(1_000_000))
  console.info(`kill.test.ts: KILL_SEED=${seed}`)
  const random = seededRandom(seed)
  const directory = makeDirectory()
  const traffic = new Traffic()
  const settings = { CHECKPOINT_ROWS: '500', LOG_LEVEL: 'warn' }

  for (let round = 0; round < rounds; round++) {
    const server = await startServer({ directory, settings })
    if (round === 0) await traffic.settle(server.url)
    else await checkSequences(server.url, traffic)
    const writing = traffic.run(server.url, round)
    // Every other round lasts until a batch is accepted, and some of its rows may be applied.
    await Promise.race([writing, traffic.acknowledges(round % 2 === 0 ? 'a batch' : 'a write')])
    // The moment is what the test varies.
    await Promise.race([writing, sleep(random() * killWithinMs)])
    traffic.stop()
    await server.stop('SIGKILL')
    await writing
    expect(server.stderr()).toBe('')
  }

  const { url, stop } = await startServer({ directory, settings })
  for (const batch of traffic.batches) await checkBatch(url, batch)
  await inParallel([...traffic.acknowledged], async ([path, attributes]) => {
    expect(await fetchValues(url, path), path).toMatchObject(attributes)
  })
  await checkSequences(url, traffic)
  for (const upload of traffic.unanswered) await checkUnanswered(url, upload)
  expect(traffic.batches.length).toBeGreaterThan(0)
  expect(traffic.acknowledged.size).toBeGreaterThan(rounds)
  expect(await stop()).toEqual({ code: 0, signal: null })
}, 180_000)

/** `seq` is what was acknowledged last, or what was sent behind it when the server was killed. */
async function checkSequences(url: string, { seqs }: Traffic) {
  for (const [id, seq] of seqs) {
    const stored = Number((await fetchValues(url, `thirdPartyId/${id}`))?.['seq'] ?? 0)
    expect(stored).toBeGreaterThanOrEqual(seq.acknowledged)
    expect(stored).toBeLessThanOrEqual(seq.sent)
  }
}

/** An upload that was cut off may have been accepted all the same; then its rows come to be applied. */
async function checkUnanswered(url: string, { prefix, rows }: { prefix: string; rows: number }) {
  await waitFor(`${prefix} to be applied as a whole or not at all`, async () => {
    const found = { yes: 0, no: 0 }
    await inParallel(sampleRows(rows), async (row) => {
      found[(await fetchValues(url, `thirdPartyId/${prefix}-${row}`)) ? 'yes' : 'no']++
    })
    return found.yes === 0 || found.no === 0 ? true : undefined
  })
}
