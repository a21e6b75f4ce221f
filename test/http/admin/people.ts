import type { InjectOptions, LightMyRequestResponse } from 'fastify'
import { issueAccessToken } from '../../../src/domain/accounts/access-token.ts'
import { insertion, makeCredential } from '../../../src/domain/accounts/credentials.ts'
import { serviceActor } from '../../../src/domain/audit/log.ts'
import { installPartition } from '../../../src/domain/documents.ts'
import type { Membership, Role } from '../../../src/model/permission.ts'
import { startApp, type TestApp } from '../start-app.ts'

/** Calls the Admin API as somebody, behind `/demo/target` unless the address names another tenant. */
export type AdminClient = (
  method: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE',
  path: string,
  body?: unknown,
  headers?: InjectOptions['headers'],
) => Promise<LightMyRequestResponse>

export interface AdminApp extends TestApp {
  /** Somebody who holds these memberships, through an API credential of their own. */
  readonly as: (...memberships: readonly Membership[]) => Promise<AdminClient>
  readonly asRole: (role: Role) => Promise<AdminClient>
  /** A system admin. */
  readonly admin: AdminClient
  /** Makes an API credential of the role observer. */
  readonly credential: (clientId: string, clientSecret: string) => Promise<void>
}

/** The membership that a role on the client `demo` means. */
export function membershipOf(role: Role): Membership {
  if (role === 'systemAdmin') return { role }
  return role === 'productAdmin' ? { client: 'demo', role } : { client: 'demo', workspace: 'default', role }
}

/** Starts the application with a way to call its Admin API. */
export async function startAdminApp(given: Parameters<typeof startApp>[0] = {}): Promise<AdminApp> {
  const app = await startApp(given)
  let made = 0
  const as = async (...memberships: readonly Membership[]) => {
    const clientId = `crd_test${made++}`
    await makeCaller(app, { clientId, clientSecret: 'a secret' }, memberships)
    const accessToken = await issueAccessToken(app.context, { clientId, clientSecret: 'a secret' })
    return caller(app, clientId, accessToken)
  }
  const asRole = (role: Role) => as(membershipOf(role))
  const credential = (clientId: string, clientSecret: string) =>
    makeCaller(app, { clientId, clientSecret }, [])
  return { ...app, as, asRole, credential, admin: await asRole('systemAdmin') }
}

async function makeCaller(
  { context, client }: TestApp,
  given: { readonly clientId: string; readonly clientSecret: string },
  memberships: readonly Membership[],
) {
  const [membership = { role: 'observer' as const }] = memberships
  const credential = makeCredential(context, { ...given, name: given.clientId, membership })
  await context.store.documents.commit(
    installPartition,
    insertion(context, { client, actor: serviceActor }, credential),
  )
}

function caller({ app }: TestApp, clientId: string, accessToken: string): AdminClient {
  return (method, path, body, headers = {}) => {
    const hasBody = body !== undefined
    return app.inject({
      method,
      url: path.startsWith('//') ? path.slice(1) : `/demo/target${path}`,
      headers: {
        authorization: `Bearer ${accessToken}`,
        'x-api-key': clientId,
        ...(hasBody && { 'content-type': 'application/json' }),
        ...headers,
      },
      ...(hasBody && { payload: typeof body === 'string' ? body : JSON.stringify(body) }),
    })
  }
}

/** The code and message of an error of the Admin API. */
export function errorOf(reply: LightMyRequestResponse): { status: number; code: string; message: string } {
  const { httpStatus, errors } = reply.json<{
    httpStatus: number
    errors: { errorCode: string; message: string }[]
  }>()
  return { status: httpStatus, code: errors[0]?.errorCode ?? '', message: errors[0]?.message ?? '' }
}
