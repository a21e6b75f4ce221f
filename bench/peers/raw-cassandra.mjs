// The limit of any service over Cassandra: the driver alone, writing the cells that an update writes. It
// does not ask whether there is a profile, unless told to read it first, which a service must to know.
//
// Orders come by standard input, a line of JSON each; what came of one is printed.
import { readFileSync } from 'node:fs'
import { createInterface } from 'node:readline'
import { Client, types } from 'cassandra-driver'

const [hosts, keyspace] = process.argv.slice(2)
const client = new Client({
  contactPoints: hosts.split(','),
  localDataCenter: 'dc1',
  keyspace,
  queryOptions: { consistency: types.consistencies.localQuorum, prepare: true, isIdempotent: true },
  encoding: { map: Map, set: Set },
})
const where = "WHERE client = 'demo' AND kind = 1 AND id = ?"
const writeQuery = `UPDATE profiles USING TIMESTAMP ? SET attributes = attributes + ?, lifetime = ?
  ${where} AND life = 1`
const readQuery = `SELECT life, attributes, ids, lifetime, born, joined, last_life FROM profiles
  ${where} LIMIT 4`

const headBytes = 20

/** A head and the value, in the bytes of `src/store/cassandra/cells.ts`. */
function cell(value, at) {
  const bytes = Buffer.alloc(headBytes + Buffer.byteLength(value))
  bytes.writeBigUInt64BE(BigInt(at), 4)
  bytes.write(value, headBytes)
  return bytes
}

let timestamp = Date.now() * 1_000

async function write(id, values, readFirst) {
  if (readFirst) await client.execute(readQuery, [id])
  const at = (timestamp += 1)
  const cells = new Map(Object.entries(values).map(([name, value]) => [name, cell(value, at)]))
  await client.execute(writeQuery, [at, cells, Buffer.alloc(16, 1), id])
}

/** Writes what `next` gives, so many at a time. @returns how many a second */
async function writeAll({ concurrency, readFirst }, next) {
  const startedMs = performance.now()
  let written = 0
  const run = async () => {
    for (let one = next(); one !== undefined; one = next()) {
      await write(one.id, one.values, readFirst)
      written++
    }
  }
  await Promise.all(Array.from({ length: concurrency }, run))
  return { perSecond: written / ((performance.now() - startedMs) / 1_000) }
}

const orders = {
  /** The same profiles in turns, for some seconds. */
  updates: ({ ids, values, seconds, ...how }) => {
    const endMs = performance.now() + seconds * 1_000
    let turn = 0
    return writeAll(how, () => {
      return performance.now() < endMs ? { id: ids[turn++ % ids.length], values } : undefined
    })
  },
  /** The rows of a batch file, split and decoded. */
  batch: ({ file, ...how }) => {
    const [head, ...lines] = readFileSync(file, 'utf8').trimEnd().split('\n')
    const [, ...names] = head.split(',')
    let row = 0
    return writeAll(how, () => {
      if (row === lines.length) return undefined
      const [id, ...values] = lines[row++].split(',').map(decodeURIComponent)
      return { id, values: Object.fromEntries(names.map((name, index) => [name, values[index]])) }
    })
  },
  /** What is stored under some ids. */
  read: async ({ ids }) => {
    const profiles = []
    for (const id of ids) {
      const { rows } = await client.execute(readQuery, [id])
      const texts = [...rows[0].attributes].map(([name, bytes]) => [name, bytes.toString('utf8', headBytes)])
      profiles.push([id, Object.fromEntries(texts)])
    }
    return profiles
  },
}

await client.connect()
process.stdout.write('ready\n')
for await (const line of createInterface({ input: process.stdin })) {
  const { order, ...given } = JSON.parse(line)
  process.stdout.write(`${JSON.stringify(await orders[order](given))}\n`)
}
await client.shutdown()
