import { onTestFinished } from 'vitest'
import { Silhouette, type SilhouetteOptions } from '../../client/src/index.ts'
import { ensureAccounts } from '../../src/domain/accounts/first-start.ts'
import { startApp, type TestApp } from '../http/start-app.ts'

/** A system admin's credential in every application that these tests start. */
export const credential = { clientId: 'crd_test', clientSecret: 'a-secret-of-the-tests' }

export interface ClientApp extends TestApp {
  readonly url: string
  /** As a system admin, and with whatever else is given. */
  readonly connect: (given?: Partial<SilhouetteOptions>) => Silhouette
  readonly silhouette: Silhouette
}

/** Starts the application on a port, with a client for it. */
export async function startClient(given: Parameters<typeof startApp>[0] = {}): Promise<ClientApp> {
  const app = await startApp(given)
  await ensureAccounts(app.context, app.client, credential)
  const url = `http://127.0.0.1:${await app.listen()}`
  const connect: ClientApp['connect'] = (more = {}) =>
    new Silhouette({ url, client: 'demo', credential, ...more })
  return { ...app, url, connect, silhouette: connect() }
}

export interface Watched {
  readonly fetch: typeof globalThis.fetch
  /** `POST /path` of each request sent, in their order. */
  readonly sent: readonly string[]
}

/**
 * The runtime's fetch, written down; the first requests that match fail as the network does.
 *
 * @param failures how many requests are cut off, of those whose `POST /path` matches
 */
export function watchedFetch(failures = 0, matching = /./): Watched {
  const sent: string[] = []
  let left = failures
  const fetch: Watched['fetch'] = async (input, init) => {
    const call = `${init?.method} ${new URL(input instanceof Request ? input.url : input).pathname}`
    sent.push(call)
    if (left > 0 && matching.test(call)) {
      left--
      throw new TypeError('fetch failed', { cause: new Error('read ECONNRESET') })
    }
    return globalThis.fetch(input, init)
  }
  return { fetch, sent }
}

/** Applies batches over and over, as the second thread of a server does. */
export function applyMeanwhile({ applyBatches }: TestApp): void {
  const timer = setInterval(() => void applyBatches(), 10)
  onTestFinished(() => clearInterval(timer))
}

/** What a call throws. */
export async function failureOf(work: Promise<unknown>): Promise<unknown> {
  try {
    await work
  } catch (error) {
    return error
  }
  throw new Error('the call did not fail')
}
