// What one would build instead: Fastify over PostgreSQL, a row with jsonb for each profile. Its port is
// the argument.
import { createReadStream } from 'node:fs'
import { createInterface } from 'node:readline'
import { Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import fastify from 'fastify'
import pg from 'pg'
import { from as copyFrom } from 'pg-copy-streams'
import { attributesOf, lifetimeMs, listenFor, notFound } from './peer.mjs'

const database = new pg.Pool({ host: '127.0.0.1', port: Number(process.argv[2]), user: 'bench', max: 16 })
await database.query(`
  CREATE TABLE IF NOT EXISTS profile (
    id text PRIMARY KEY, attributes jsonb NOT NULL, expires_at timestamptz NOT NULL
  ) WITH (fillfactor = 80)`)

const app = fastify()

app.get('/profiles/:id', async ({ params }, reply) => {
  const { rows } = await database.query({
    name: 'fetch',
    text: 'SELECT attributes FROM profile WHERE id = $1 AND expires_at > now()',
    values: [params.id],
  })
  if (rows.length === 0) return notFound(reply)
  return { client: 'demo', visitorId: params.id, profileAttributes: rows[0].attributes }
})

const life = `now() + interval '${lifetimeMs} milliseconds'`

app.get('/update', async ({ query }) => {
  await database.query({
    name: 'update',
    text: `INSERT INTO profile VALUES ($1, $2, ${life})
      ON CONFLICT (id) DO UPDATE
      SET attributes = profile.attributes || excluded.attributes, expires_at = excluded.expires_at`,
    values: [query.id, attributesOf(query)],
  })
  return { success: true }
})

/** Lines for COPY: the id, a tab, the attributes as JSON. Backslashes are COPY's own escape. */
async function* copyLines(lines) {
  let names
  let chunk = ''
  for await (const line of lines) {
    const cells = line.split(',')
    if (names === undefined) {
      names = cells.slice(1)
      continue
    }
    const attributes = {}
    for (let i = 1; i < cells.length; i++) {
      if (cells[i] !== '') attributes[names[i - 1]] = decodeURIComponent(cells[i].replaceAll('+', ' '))
    }
    chunk += `${cells[0]}\t${JSON.stringify(attributes).replaceAll('\\', '\\\\')}\n`
    if (chunk.length > 65_536) {
      yield chunk
      chunk = ''
    }
  }
  yield chunk
}

/** A batch file: copied to a staging table, then merged by one statement. It must not repeat an id. */
app.get('/batch', async ({ query }) => {
  const connection = await database.connect()
  try {
    await connection.query('BEGIN')
    await connection.query('CREATE TEMP TABLE staging (id text, attributes jsonb) ON COMMIT DROP')
    const lines = createInterface({ input: createReadStream(query.file), crlfDelay: Infinity })
    await pipeline(Readable.from(copyLines(lines)), connection.query(copyFrom('COPY staging FROM STDIN')))
    const { rowCount } = await connection.query(`
      INSERT INTO profile SELECT id, attributes, ${life} FROM staging
      ON CONFLICT (id) DO UPDATE
      SET attributes = profile.attributes || excluded.attributes, expires_at = excluded.expires_at`)
    await connection.query('COMMIT')
    return { rows: rowCount }
  } finally {
    connection.release()
  }
})

await listenFor(app)
