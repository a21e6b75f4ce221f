import fastifyStatic from '@fastify/static'
import type { FastifyInstance } from 'fastify'
import { createHash } from 'node:crypto'
import { existsSync } from 'node:fs'
import path from 'node:path'
import { Refusal } from '../../lib/errors.ts'
import type { Services } from '../services.ts'

/** The two style sheets that React Aria writes into a page itself; any other is refused. */
export const ownStyles: readonly string[] = [
  '@layer {\n  [data-react-aria-pressable] {\n    touch-action: pan-x pan-y pinch-zoom;\n  }\n}',
  '@layer {\n  * {\n    overscroll-behavior: contain;\n  }\n}',
]

/** What a page of the console may load: files of this server, and nothing written into the page. */
const contentSecurityPolicy = [
  "default-src 'none'",
  "script-src 'self'",
  `style-src 'self' ${ownStyles.map(hashSource).join(' ')}`,
  "font-src 'self'",
  "img-src 'self'",
  "connect-src 'self'",
  "base-uri 'none'",
  "form-action 'none'",
  "frame-ancestors 'none'",
].join('; ')

const pageHeaders = {
  'content-security-policy': contentSecurityPolicy,
  'cross-origin-opener-policy': 'same-origin',
  // Asked for each time, answered 304 while it is the same: it names the files of one build.
  'cache-control': 'no-cache',
}

/** Files in here have a hash of what they hold in their names. */
const hashedFolder = '_assets'
const hashedHeaders = { 'cache-control': 'public, max-age=31536000, immutable' }

/** A hashed file, or one beside the page; screens begin with a client's code: no `_`, no dot. */
const fileName = /^(?:_assets\/\w[\w.-]*|[\w-]+\.\w+)$/

const page = 'index.html'
const open = { config: { action: 'public', description: 'none' } } as const

/**
 * Serves the console: its files as they were built, and its page at every other address under
 * `/console/`, because screens are addresses of their own. `/` leads there.
 */
export function addConsoleRoutes(app: FastifyInstance, { consoleDirectory = '' }: Services): void {
  app.get('/', open, async (_request, reply) => reply.redirect('/console/', 302))
  app.get('/console', open, async (_request, reply) => reply.redirect('/console/', 302))
  if (!existsSync(path.join(consoleDirectory, page))) return addNotice(app)
  void app.register(fastifyStatic, {
    root: path.resolve(consoleDirectory),
    serve: false,
    preCompressed: true,
    cacheControl: false,
    dotfiles: 'ignore',
    setHeaders: (reply, file) => {
      const isHashed = path.basename(path.dirname(file)) === hashedFolder
      void reply.headers(isHashed ? hashedHeaders : pageHeaders)
    },
  })
  app.get<{ Params: { '*': string } }>('/console/*', open, (request, reply) => {
    const { '*': name } = request.params
    return reply.sendFile(fileName.test(name) ? name : page)
  })
}

/** A server whose console was not built serves everything else. */
function addNotice(app: FastifyInstance) {
  app.get('/console/*', open, async () => {
    throw new Refusal('route_unknown', 'The console was not built; npm run build does it.')
  })
}

function hashSource(text: string): string {
  return `'sha256-${createHash('sha256').update(text).digest('base64')}'`
}
