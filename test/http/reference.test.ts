import { Validator } from '@seriousme/openapi-schema-validator'
import { describe, expect, it } from 'vitest'
import { startAdminApp, type AdminApp } from './admin/people.ts'
import { startApp } from './start-app.ts'

interface Operation {
  readonly operationId: string
  readonly parameters: readonly { readonly name: string; readonly in: string }[]
  readonly requestBody?: { readonly content: Readonly<Record<string, { readonly example?: unknown }>> }
  readonly responses: Readonly<Record<string, { readonly content?: object }>>
}

interface ApiDocument {
  readonly openapi: string
  readonly info: { readonly description: string }
  readonly paths: Readonly<Record<string, Readonly<Record<string, Operation>>>>
}

async function readDocument(): Promise<ApiDocument> {
  const { get } = await startApp()
  return (await get('/openapi.json')).json<ApiDocument>()
}

function operationsOf({ paths }: ApiDocument) {
  return Object.entries(paths).flatMap(([path, operations]) =>
    Object.entries(operations).map(([method, operation]) => ({
      method: method.toUpperCase(),
      path,
      operation,
    })),
  )
}

describe('/openapi.json', () => {
  it('is a valid OpenAPI document', async () => {
    const { get } = await startApp()

    const { valid, errors } = await new Validator().validate((await get('/openapi.json')).json())

    expect(errors).toBeUndefined()
    expect(valid).toBe(true)
  })

  it('gives each operation a name of its own, its parameters, and the shape of every reply', async () => {
    const operations = operationsOf(await readDocument())

    const names = operations.map(({ operation }) => operation.operationId)
    expect(new Set(names).size).toBe(names.length)
    for (const { path, operation } of operations) {
      const inPath = operation.parameters.filter((parameter) => parameter.in === 'path')
      expect(inPath.map(({ name }) => `{${name}}`)).toEqual(path.match(/\{\w+\}/g) ?? [])
      for (const [status, { content }] of Object.entries(operation.responses)) {
        expect(content === undefined, `${operation.operationId} ${status}`).toBe(/^204|^3/.test(status))
      }
    }
  })

  it('has every endpoint, and the codes of all refusals', async () => {
    const document = await readDocument()

    const addresses = operationsOf(document).map(({ method, path }) => `${method} ${path}`)
    expect(addresses).toEqual(
      expect.arrayContaining([
        'GET /m2/{client}/profile/update',
        'POST /m2/{client}/profile/update',
        'POST /m2/{client}/profile/batchUpdate',
        'POST /m2/{client}/v2/profile/batchUpdate',
        'GET /m2/{client}/profile/batchStatus',
        'GET /rest/v1/profiles/{id}',
        'GET /rest/v1/profiles/thirdPartyId/{id}',
        'GET /rest/v1/profiles/marketingCloudVisitorId/{id}',
        'POST /rest/v1/delivery',
        'POST /ims/token/v3',
        'POST /{tenant}/target/authentication/token',
        'PUT /{tenant}/target/clients/settings',
        'POST /{tenant}/target/batch',
        'GET /{tenant}/target/revisions/{type}/{id}/revision',
        'GET /livez',
        'GET /metrics',
      ]),
    )
    expect(document.info.description).toContain('| 403 | `token_invalid` |')
  })

  it('a route that is not described stops the start', async () => {
    const { app } = await startApp()

    const add = () => app.get('/open', { config: { action: 'public' } }, async () => 'open')

    expect(add).toThrow('the route GET /open is described')
  })
})

/** What stands in an address for the names in the document; all of it is made before. */
const values: Readonly<Record<string, string>> = {
  client: 'demo',
  tenant: 'demo',
  kind: 'thirdPartyId',
  id: '1042',
  code: 'demo',
  email: 'ada@example.com',
}

/** Queries without which an example would be refused. */
const queries: Readonly<Record<string, string>> = {
  recordVisit: 'client=demo&sessionId=1',
  postAuthenticationToken: 'authorizationScope=profile_api',
}

async function sendExample(
  { app, admin }: AdminApp,
  { method, path, operation }: ReturnType<typeof operationsOf>[number],
  [type, example]: readonly [string, unknown],
) {
  const address = path.replace(/\{(\w+)\}/g, (_, name: string) => values[name] ?? '')
  const query = queries[operation.operationId]
  const url = query === undefined ? address : `${address}?${query}`
  const payload =
    typeof example === 'string'
      ? example
      : type.endsWith('json')
        ? JSON.stringify(example)
        : new URLSearchParams(Object(example)).toString()
  const headers = { 'content-type': type }
  if (path.startsWith('/{tenant}')) return admin(method as 'POST', `/${url}`, payload, headers)
  return app.inject({ method: method as 'POST', url, payload, headers })
}

it('every example of a body is taken', async () => {
  const document = await readDocument()
  const examples = operationsOf(document).flatMap((found) =>
    Object.entries(found.operation.requestBody?.content ?? {}).flatMap(([type, { example }]) =>
      example === undefined ? [] : [{ ...found, example: [type, example] as const }],
    ),
  )
  // Changes come after what they change is made.
  const inOrder = examples.toSorted((a, b) => rankOf(a.method) - rankOf(b.method))
  const app = await startAdminApp()
  await app.credential('crd_example', 'the secret that was shown once')
  await app.profile({ thirdPartyId: '1042' }, { trial: 'yes' })

  const taken: string[] = []
  for (const { example, ...found } of inOrder) {
    const reply = await sendExample(app, found, example)
    const isTwice = reply.statusCode === 409 && taken.includes(found.operation.operationId)
    expect(reply.statusCode < 300 || isTwice, `${found.operation.operationId}: ${reply.body}`).toBe(true)
    taken.push(found.operation.operationId)
  }

  expect(taken).toEqual(
    expect.arrayContaining(['issueAccessToken', 'updateProfile', 'uploadBatch', 'recordVisit', 'postBatch']),
  )
})

function rankOf(method: string): number {
  return ['POST', 'PUT', 'PATCH'].indexOf(method)
}

describe('/docs', () => {
  it('is a page whose files all come from this server, under a policy that allows no others', async () => {
    const { get } = await startApp()

    const page = await get('/docs')
    const files = [...page.body.matchAll(/(?:src|href)="([^"]*)"/g)].map(([, address = '']) => address)
    const replies = await Promise.all(files.map((address) => get(address)))

    expect(page.headers['content-type']).toBe('text/html;charset=UTF-8')
    expect(page.headers['content-security-policy']).toContain("script-src 'self';")
    expect(page.headers['content-security-policy']).not.toMatch(/script-src[^;]*unsafe|https?:/)
    expect(page.body).not.toMatch(/<script>|\son\w+=|https?:/)
    expect(files).toEqual(expect.arrayContaining(['/docs/swagger-ui-bundle.js', '/openapi.json']))
    for (const [index, { statusCode }] of replies.entries()) expect(statusCode, files[index]).toBe(200)
  })

  it('is found behind a slash as well', async () => {
    const { get } = await startApp()

    const reply = await get('/docs/')

    expect(reply.statusCode).toBe(308)
    expect(reply.headers.location).toBe('/docs')
  })
})
