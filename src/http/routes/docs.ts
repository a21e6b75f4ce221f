import type { FastifyInstance, FastifyReply } from 'fastify'
import { readFile } from 'node:fs/promises'
import { createRequire } from 'node:module'
import path from 'node:path'
import { contentTypes } from '../../wire/m2-response.ts'
import { buildDocument, type DescribedRoute } from '../reference/document.ts'
import { documentDescription, pageDescription } from '../reference/other-routes.ts'

const require = createRequire(import.meta.url)

/** Swagger UI's own files, which an exact version of the package brings. */
const assets = path.join(path.dirname(require.resolve('@fastify/swagger-ui/package.json')), 'static')

const { version }: { readonly version: string } = require('../../../package.json')

/** The page's scripts, styles and pictures are its own; styles that scripts set are theirs to set. */
const contentSecurityPolicy = [
  "default-src 'none'",
  "script-src 'self'",
  "style-src 'self'",
  "img-src 'self' data:",
  "connect-src 'self'",
  "base-uri 'none'",
  "form-action 'none'",
  "frame-ancestors 'none'",
].join('; ')

const page = `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>Silhouette API</title>
<link rel="stylesheet" href="/docs/swagger-ui.css">
<link rel="icon" href="/docs/favicon-32x32.png">
</head>
<body>
<div id="reference"></div>
<noscript>The reference needs JavaScript; <a href="/openapi.json">openapi.json</a> has all of it.</noscript>
<script src="/docs/swagger-ui-bundle.js"></script>
<script src="/docs/start.js"></script>
</body>
</html>
`

// Without a validator named, Swagger UI would ask one on another origin.
const start = `SwaggerUIBundle({
  url: '/openapi.json',
  dom_id: '#reference',
  deepLinking: true,
  docExpansion: 'list',
  validatorUrl: null,
})
`

/** The API's description: `GET /openapi.json` for programs, `GET /docs` for people. */
export function addDocsRoutes(app: FastifyInstance, routes: readonly DescribedRoute[]): void {
  let document: string | undefined
  const config = { action: 'public', description: documentDescription }
  app.get('/openapi.json', { config }, async (_request, reply) => {
    document ??= JSON.stringify(buildDocument(routes, version))
    return reply.type(contentTypes.json).send(document)
  })
  addFile(app, '/docs', async (reply) => reply.type('text/html;charset=UTF-8').send(page))
  addFile(app, '/docs/', async (reply) => reply.redirect('/docs', 308))
  addFile(app, '/docs/start.js', async (reply) => reply.type('text/javascript').send(start))
  addAsset(app, 'swagger-ui-bundle.js', 'text/javascript')
  addAsset(app, 'swagger-ui.css', 'text/css')
  addAsset(app, 'favicon-32x32.png', 'image/png')
}

function addAsset(app: FastifyInstance, name: string, type: string) {
  let content: Promise<Buffer> | undefined
  addFile(app, `/docs/${name}`, async (reply) => {
    content ??= readFile(path.join(assets, name))
    return reply.type(type).send(await content)
  })
}

function addFile(app: FastifyInstance, url: string, send: (reply: FastifyReply) => Promise<FastifyReply>) {
  const description = url === '/docs' ? pageDescription : 'none'
  app.get(url, { config: { action: 'public', description } }, (_request, reply) => {
    return send(reply.header('content-security-policy', contentSecurityPolicy))
  })
}
