// The limit of any service on Node: the same constant without a framework.
import { createServer } from 'node:http'
import { constantReply, stopOnSignal } from './peer.mjs'

const headers = { 'content-type': 'application/json', 'content-length': Buffer.byteLength(constantReply) }
const server = createServer((_request, response) => response.writeHead(200, headers).end(constantReply))
server.listen(0, '127.0.0.1', () => process.stdout.write(`http://127.0.0.1:${server.address().port}\n`))
stopOnSignal()
