// The limit of any service on Fastify: a route that answers a constant of the size of a small profile.
import fastify from 'fastify'
import { constantReply, listenFor } from './peer.mjs'

const app = fastify()
app.get('/*', (_request, reply) => reply.type('application/json').send(constantReply))
app.post('/*', (_request, reply) => reply.type('application/json').send(constantReply))
await listenFor(app)
