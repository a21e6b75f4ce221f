import type { LightMyRequestResponse } from 'fastify'
import { bodyOf, installPartition, put } from '../../../src/domain/documents.ts'
import { newGeneration, userCollection, userId, type User } from '../../../src/domain/accounts/people.ts'
import type { Membership } from '../../../src/model/permission.ts'
import { startApp, type TestApp } from '../start-app.ts'

/** The password of everybody in these tests who has one. */
export const password = 'seven quiet herons'

/** A browser: it keeps cookies, and tells where its calls come from. */
export interface Browser {
  readonly cookies: Map<string, string>
  readonly call: (
    method: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE',
    url: string,
    body?: unknown,
    headers?: Record<string, string>,
  ) => Promise<LightMyRequestResponse>
  readonly signIn: (email: string, password?: string) => Promise<LightMyRequestResponse>
}

export interface SessionApp extends TestApp {
  readonly browser: (from?: { remoteAddress?: string; headers?: Record<string, string> }) => Browser
  /** Makes a person with a password, unless told otherwise. */
  readonly person: (email: string, memberships: readonly Membership[], more?: Partial<User>) => Promise<void>
  /** The same, signed in. */
  readonly signedIn: (email: string, ...memberships: readonly Membership[]) => Promise<Browser>
}

/** Its digest, made once for a file of tests: it is slow on purpose. */
let digest: Promise<string> | undefined

/** Starts the application with browsers to call it, and people who sign in. */
export async function startSessions(given: Parameters<typeof startApp>[0] = {}): Promise<SessionApp> {
  const app = await startApp(given)
  const passwordHash = await (digest ??= app.context.passwords.hash(password))
  const browser: SessionApp['browser'] = (from) => makeBrowser(app, from)
  const person: SessionApp['person'] = async (email, memberships, more = {}) => {
    const id = userId(email)
    const document = await app.context.store.documents.get(installPartition, userCollection, id)
    const body: User = {
      email,
      name: 'Ann',
      locale: '',
      memberships,
      passwordHash,
      generation: newGeneration(),
      createdAtMs: app.context.clock.nowMs(),
      ...bodyOf<User>(document),
      ...more,
    }
    await app.context.store.documents.commit(installPartition, [put(userCollection, id, { document, body })])
    app.context.people.forget(id)
  }
  return {
    ...app,
    browser,
    person,
    signedIn: async (email, ...memberships) => {
      await person(email, memberships)
      const its = browser()
      await its.signIn(email)
      return its
    },
  }
}

function makeBrowser(
  { app }: TestApp,
  { remoteAddress = '192.0.2.1', headers: own = {} }: Parameters<SessionApp['browser']>[0] = {},
): Browser {
  const cookies = new Map<string, string>()
  const call: Browser['call'] = async (method, url, body, headers = {}) => {
    const cookie = [...cookies].map(([name, value]) => `${name}=${value}`).join('; ')
    const all = {
      'sec-fetch-site': 'same-origin',
      ...(cookie && { cookie }),
      ...(body !== undefined && { 'content-type': 'application/json' }),
      ...own,
      ...headers,
    }
    const reply = await app.inject({
      method,
      url,
      remoteAddress,
      // One that a test makes empty is not sent.
      headers: Object.fromEntries(Object.entries(all).filter(([, value]) => value !== '')),
      ...(body !== undefined && { payload: JSON.stringify(body) }),
    })
    for (const { name, value } of reply.cookies) {
      if (value === '') cookies.delete(name)
      else cookies.set(name, value)
    }
    return reply
  }
  const signIn: Browser['signIn'] = (email, its = password) =>
    call('POST', '/api/session', { email, password: its })
  return { cookies, call, signIn }
}

/** Status and code of a refusal under `/api/`: `401 session_required`. */
export function refusalOf(reply: LightMyRequestResponse): string {
  return `${reply.statusCode} ${reply.json<{ code: string }>().code}`
}
