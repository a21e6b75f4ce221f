import { createRequire } from 'node:module'
import { expect, it, onTestFinished, vi } from 'vitest'
import { call, visit } from './support/calls.ts'
import { makeDirectory, startServer, type Server } from './support/server.ts'

/** A reply as both clients hand it over; neither has types of its own. */
interface ClientReply {
  readonly status: number
  readonly headers: Readonly<Record<string, string>>
  readonly body: unknown
}

interface AdobeLibrary {
  init(tenant: string, apiKey: string, accessToken: string): Promise<AdobeClient>
}

interface AdobeClient {
  getMBoxProfileAttributes(): Promise<ClientReply>
  executeBatch(body: object): Promise<ClientReply>
}

type MakeClient = (options: {
  spec: object
  requestInterceptor: (request: { readonly headers: Record<string, string> }) => void
}) => Promise<{
  readonly apis: { readonly Authentication: Readonly<Record<'getToken' | 'createToken', Operation>> }
}>

type Operation = (parameters: Readonly<Record<string, string>>) => Promise<ClientReply>

const require = createRequire(import.meta.url)
const library = require('@adobe/aio-lib-target') as AdobeLibrary
const makeClient = require('swagger-client') as MakeClient

const mediaType = 'application/vnd.adobe.target.v1+json'
const apiClient = { id: 'acceptance@example.com', secret: 'acceptance-client-secret' }
const settings = { API_CLIENT_ID: apiClient.id, API_CLIENT_SECRET: apiClient.secret }

it("Adobe's Node library lists the attributes that visits wrote", async () => {
  const server = await startServer({ directory: makeDirectory(), settings })
  await visit(server.url, { tntId: 'a1' }, { plan: 'gold', city: 'Oslo' })
  await visit(server.url, { thirdPartyId: 'ann' }, { plan: 'free', seen: 'hero' })
  const target = await library.init('demo', apiClient.id, await accessToken(server))
  leadToServer(server)

  const { status, body } = await target.getMBoxProfileAttributes()

  expect(status).toBe(200)
  expect(body).toEqual({ mboxProfileAttributes: ['profile.city', 'profile.plan', 'profile.seen'] })
})

it("Adobe's Node library executes a batch, in the order of what depends on what", async () => {
  const server = await startServer({ directory: makeDirectory(), settings })
  await visit(server.url, { tntId: 'a1' }, { plan: 'gold' })
  const target = await library.init('demo', apiClient.id, await accessToken(server))
  leadToServer(server)
  const headers = [{ name: 'Content-Type', value: mediaType }]
  const tokenUrl = '/v1/authentication/token?authorizationScope=profile_api'

  const { status, body } = await target.executeBatch({
    operations: [
      { operationId: 0, dependsOnOperationIds: [2], method: 'GET', relativeUrl: tokenUrl },
      { operationId: 1, method: 'GET', relativeUrl: '/v1/profileattributes/mbox' },
      { operationId: 2, method: 'POST', relativeUrl: tokenUrl, headers, body: {} },
      { operationId: 3, method: 'GET', relativeUrl: '/v1/nowhere' },
      {
        operationId: 4,
        dependsOnOperationIds: [3],
        method: 'PATCH',
        relativeUrl: '/v1/clients/settings',
        headers,
        body: { enableProfileApiAuthentication: true },
      },
    ],
  })

  const done = { skipped: false, headers: [{ name: 'Content-Type', value: `${mediaType};charset=UTF-8` }] }
  const { results } = body as { results: readonly { body: { accessToken?: string } }[] }
  const token = {
    accessToken: results[2]?.body.accessToken,
    tokenType: 'bearer',
    scope: 'profile_api',
    expiresIn: expect.any(Number),
  }
  expect(status).toBe(200)
  expect(token.accessToken).toEqual(expect.any(String))
  expect(results).toEqual([
    { ...done, operationId: 0, statusCode: 200, body: token },
    { ...done, operationId: 1, statusCode: 200, body: { mboxProfileAttributes: ['profile.plan'] } },
    { ...done, operationId: 2, statusCode: 201, body: token },
    { ...done, operationId: 3, statusCode: 404, body: expect.objectContaining({ httpStatus: 404 }) },
    { operationId: 4, skipped: true },
  ])
  expect((await fetchProfile(server)).status).toBe(200)
})

it("Adobe's Node library is refused with a code of its own once the access token is wrong", async () => {
  const server = await startServer({ directory: makeDirectory(), settings })
  const target = await library.init('demo', apiClient.id, 'no-access-token')
  leadToServer(server)

  await expect(target.getMBoxProfileAttributes()).rejects.toMatchObject({
    code: 'ERROR_GET_MBOX_PROFILE_ATTRIBUTES',
    message: expect.stringContaining('Unauthorized'),
  })
})

it("a client made from Adobe's OpenAPI creates a token, reads it, and with it opens a fetch", async () => {
  const server = await startServer({ directory: makeDirectory(), settings })
  await visit(server.url, { tntId: 'a1' }, { plan: 'gold' })
  const { Authentication } = (await generatedClient(server)).apis
  await demandToken(server)
  const parameters = { tenant: 'demo', authorizationScope: 'profile_api' }

  const created = await Authentication.createToken(parameters)
  const read = await Authentication.getToken(parameters)

  expect([created.status, read.status]).toEqual([201, 200])
  expect(created.headers['content-type']).toBe(`${mediaType};charset=UTF-8`)
  expect(read.headers['content-type']).toBe(`${mediaType};charset=UTF-8`)
  expect(created.body).toEqual({
    accessToken: expect.any(String),
    tokenType: 'bearer',
    scope: 'profile_api',
    expiresIn: expect.any(Number),
  })
  expect(read.body).toEqual({ ...(created.body as object), expiresIn: expect.any(Number) })
  expect((await fetchProfile(server)).status).toBe(403)
  const { accessToken: token } = read.body as { accessToken: string }
  const fetched = await fetchProfile(server, { authorization: `Bearer ${token}` })
  expect(fetched.status).toBe(200)
  expect(JSON.parse(fetched.text)).toMatchObject({ profileAttributes: { plan: { value: 'gold' } } })
})

it("a client made from Adobe's OpenAPI is told in Adobe's shape that there is no token yet", async () => {
  const server = await startServer({ directory: makeDirectory(), settings })
  const { Authentication } = (await generatedClient(server)).apis

  const reading = Authentication.getToken({ tenant: 'demo', authorizationScope: 'debug_tools' })

  await expect(reading).rejects.toMatchObject({
    status: 404,
    response: {
      body: {
        httpStatus: 404,
        requestId: expect.any(String),
        requestTime: expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/),
        errors: [{ errorCode: expect.any(String), message: expect.any(String), meta: {} }],
      },
    },
  })
})

async function accessToken({ url }: Server): Promise<string> {
  const { status, text } = await call(`${url}/ims/token/v3`, {
    method: 'POST',
    body: new URLSearchParams({
      grant_type: 'client_credentials',
      client_id: apiClient.id,
      client_secret: apiClient.secret,
      scope: 'openid,AdobeID',
    }),
  })
  if (status !== 200) throw new Error(`a request for an access token was answered ${status}: ${text}`)
  return (JSON.parse(text) as { access_token: string }).access_token
}

/**
 * Sends every request to the server, whatever host it is meant for, until the test ends.
 *
 * The library has no option for another host: its address is written in its OpenAPI document and again
 * in each call. Where `fetch` goes is what can be changed without touching it; all else of a request
 * stays, and nothing leaves this machine.
 */
function leadToServer({ url }: Server): void {
  const send = globalThis.fetch
  vi.stubGlobal('fetch', (address: string, init?: RequestInit) =>
    send(url + address.slice(new URL(address).origin.length), init),
  )
  onTestFinished(() => void vi.unstubAllGlobals())
}

/** Makes a client that sends, as Adobe's samples do, the same headers with every call. */
async function generatedClient(server: Server) {
  const headers = await adminHeaders(server)
  return makeClient({
    spec: openApi(server),
    requestInterceptor: (request) => void Object.assign(request.headers, headers),
  })
}

async function adminHeaders(server: Server) {
  return {
    authorization: `Bearer ${await accessToken(server)}`,
    'x-api-key': apiClient.id,
    'cache-control': 'no-cache',
    'content-type': mediaType,
  }
}

async function demandToken(server: Server): Promise<void> {
  const { status, text } = await call(`${server.url}/demo/target/clients/settings`, {
    method: 'PATCH',
    headers: await adminHeaders(server),
    body: JSON.stringify({ enableProfileApiAuthentication: true }),
  })
  if (status !== 200) throw new Error(`the switch was answered ${status}: ${text}`)
}

function fetchProfile({ url }: Server, headers: Readonly<Record<string, string>> = {}) {
  return call(`${url}/rest/v1/profiles/a1?client=demo`, { headers })
}

/**
 * Adobe's OpenAPI of the token, with what it leaves out: the parameter `tenant`, which no generated
 * client can do without, and where the server is. @source target-profile-service.md §7.1 to §7.3
 */
function openApi({ url }: Server) {
  const scope = { type: 'string', enum: ['profile_api', 'debug_tools'] }
  const error = {
    description: 'Error',
    content: { '*/*': { schema: { $ref: '#/components/schemas/ErrorResponse' } } },
  }
  const operation = (operationId: string, success: number) => ({
    tags: ['Authentication'],
    operationId,
    parameters: [
      { name: 'tenant', in: 'path', required: true, schema: { type: 'string' } },
      { name: 'authorizationScope', in: 'query', required: true, schema: scope },
    ],
    responses: {
      [success]: {
        description: 'Success',
        content: { [mediaType]: { schema: { $ref: '#/components/schemas/AuthorizationToken' } } },
      },
      ...Object.fromEntries([400, 401, 404, 406, 407].map((status) => [status, error])),
    },
  })
  return {
    openapi: '3.0.1',
    info: { title: 'Adobe Target Admin API', version: '1.0.0' },
    servers: [{ url }],
    paths: {
      '/{tenant}/target/authentication/token': {
        get: operation('getToken', 200),
        post: operation('createToken', 201),
      },
    },
    components: {
      schemas: {
        AuthorizationToken: {
          type: 'object',
          properties: {
            accessToken: { type: 'string' },
            tokenType: { type: 'string' },
            scope,
            expiresIn: { type: 'integer', format: 'int64' },
          },
        },
        ErrorResponse: {
          type: 'object',
          properties: {
            httpStatus: { type: 'integer', format: 'int32' },
            requestId: { type: 'string' },
            requestTime: { type: 'string', format: 'date-time' },
            errors: { type: 'array', items: { $ref: '#/components/schemas/Error' } },
          },
        },
        Error: {
          type: 'object',
          properties: {
            errorCode: { type: 'string' },
            message: { type: 'string' },
            meta: { type: 'object', additionalProperties: { type: 'object' } },
          },
        },
      },
    },
  }
}
