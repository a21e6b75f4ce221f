// The limit: a route that answers a constant of the size of a small profile.
import fastify from 'fastify'

const app = fastify()
const body = JSON.stringify({ profile: 'x'.repeat(400) })
app.get('/', (_request, reply) => reply.type('application/json').send(body))
process.stdout.write(`${await app.listen({ host: '127.0.0.1', port: 0 })}\n`)
process.on('SIGTERM', () => process.exit(0))
