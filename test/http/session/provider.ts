import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { Provider } from 'oidc-provider'
import { onTestFinished, vi } from 'vitest'

/** What the provider says of a person, besides the subject. */
export interface Claims {
  readonly email?: string
  readonly email_verified?: boolean
  readonly name?: string
}

export interface TestProvider {
  readonly issuer: string
  readonly client: { readonly clientId: string; readonly clientSecret: string }
  /** The person who signs in at the provider next. */
  claims: Claims
  /** Whether that person says no. */
  refuses: boolean
  /** Goes the way from an address of the provider until it leads away; the address that it leads to. */
  readonly walk: (address: string) => Promise<URL>
  readonly close: () => Promise<void>
  /** Listens again where it did. */
  readonly open: () => Promise<void>
}

const client = { clientId: 'silhouette', clientSecret: 'a-secret-of-the-provider' }

/** Starts a real OpenID Connect provider on a free port of 127.0.0.1. */
export async function startProvider(redirectUri: string): Promise<TestProvider> {
  // It warns that it is meant for development, which is so.
  for (const level of ['info', 'warn'] as const) vi.spyOn(console, level).mockReturnValue()
  const server = createServer()
  const listen = (port: number) => new Promise<void>((resolve) => server.listen(port, '127.0.0.1', resolve))
  await listen(0)
  const { port } = server.address() as AddressInfo
  const issuer = `http://127.0.0.1:${port}`
  const close = async () => {
    server.closeAllConnections()
    await new Promise((resolve) => server.close(resolve))
  }
  onTestFinished(async () => void (server.listening && (await close())))
  const test: TestProvider = {
    issuer,
    client,
    claims: {},
    refuses: false,
    walk: (address) => walk(issuer, address),
    close,
    open: () => listen(port),
  }
  const provider = buildProvider(issuer, redirectUri, test)
  const serve = provider.callback()
  server.on('request', (request, response) => {
    if (!request.url?.startsWith('/interaction/')) return serve(request, response)
    return void interact(provider, test, { request, response })
  })
  return test
}

function buildProvider(issuer: string, redirectUri: string, test: TestProvider): Provider {
  return new Provider(issuer, {
    clients: [
      { client_id: client.clientId, client_secret: client.clientSecret, redirect_uris: [redirectUri] },
    ],
    claims: { email: ['email', 'email_verified'], profile: ['name'] },
    features: { devInteractions: { enabled: false } },
    interactions: { url: (_context, { uid }) => `/interaction/${uid}` },
    cookies: { keys: ['a key of the tests'] },
    pkce: { required: () => true },
    findAccount: async (_context, accountId) => ({
      accountId,
      claims: async () => ({ sub: accountId, ...test.claims }),
    }),
    loadExistingGrant: async (context) => {
      const { oidc } = context
      const grant = new oidc.provider.Grant({
        accountId: oidc.session?.accountId ?? '',
        clientId: oidc.client?.clientId ?? '',
      })
      grant.addOIDCScope('openid email profile')
      await grant.save()
      return grant
    },
  })
}

async function interact(
  provider: Provider,
  { refuses }: TestProvider,
  { request, response }: { request: IncomingMessage; response: ServerResponse },
) {
  const result = refuses ? { error: 'access_denied' } : { login: { accountId: 'subject-1' } }
  await provider.interactionFinished(request, response, result)
}

async function walk(issuer: string, address: string): Promise<URL> {
  const cookies = new Map<string, string>()
  let url = new URL(address)
  for (let steps = 0; url.origin === issuer && steps < 10; steps++) {
    const cookie = [...cookies].map(([name, value]) => `${name}=${value}`).join('; ')
    const response = await fetch(url, { redirect: 'manual', headers: { cookie } })
    for (const line of response.headers.getSetCookie()) {
      const [pair = ''] = line.split(';')
      cookies.set(pair.slice(0, pair.indexOf('=')), pair.slice(pair.indexOf('=') + 1))
    }
    const location = response.headers.get('location')
    if (location === null) throw new Error(`the provider leads nowhere: ${await response.text()}`)
    url = new URL(location, url)
  }
  return url
}
