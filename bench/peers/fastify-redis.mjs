// What one would build instead: Fastify over Redis, a hash for each profile. Its port is the argument.
import fastify from 'fastify'
import { Redis } from 'ioredis'
import { attributesOf, lifetimeMs, listenFor, notFound } from './peer.mjs'

const port = Number(process.argv[2])
// Commands of one turn of the event loop go out together: the fastest way that the library has.
const redis = new Redis({ host: '127.0.0.1', port, enableAutoPipelining: true })
const app = fastify()

app.get('/profiles/:id', async ({ params }, reply) => {
  const profileAttributes = await redis.hgetall(`p:${params.id}`)
  if (Object.keys(profileAttributes).length === 0) return notFound(reply)
  return { client: 'demo', visitorId: params.id, profileAttributes }
})

app.get('/update', async ({ query }) => {
  const key = `p:${query.id}`
  await Promise.all([redis.hset(key, attributesOf(query)), redis.pexpire(key, lifetimeMs)])
  return { success: true }
})

await listenFor(app)
