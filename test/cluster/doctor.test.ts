import { beforeAll, expect, it } from 'vitest'
import { Person } from '../acceptance/support/command.ts'
import { cassandra, makeTables, restoreCassandra, secretKey, startNode, storeUrl } from './support/nodes.ts'

beforeAll(() => makeTables(), 120_000)

interface Finding {
  readonly level: string
  readonly check: string
  readonly text: string
}

const env = { SILHOUETTE_SECRET_KEY: secretKey }

async function doctor(port: number) {
  const args = ['doctor', '--store', storeUrl(), '--port', String(port), '--json']
  const { code, stdout } = await new Person().run(args, { env })
  const { findings } = JSON.parse(stdout) as { findings: readonly Finding[] }
  return { code, found: findings.filter(({ level }) => level !== 'ok').map(({ text }) => text) }
}

it('doctor finds nothing wrong with three nodes in good order, and tells which one is down', async () => {
  restoreCassandra(3)
  const { port } = await startNode()

  const good = await doctor(port)
  await cassandra.stop(3)
  const oneDown = await doctor(port)

  expect(good).toEqual({ code: 0, found: [] })
  expect(oneDown.code).toBe(1)
  expect(oneDown.found).toEqual([
    expect.stringMatching(/^127\.0\.0\.3:9042: down, or not reached from here$/),
  ])
}, 120_000)
