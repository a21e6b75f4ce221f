import type { FastifyInstance, InjectOptions, LightMyRequestResponse } from 'fastify'
import type { AddressInfo } from 'node:net'
import { pino } from 'pino'
import { onTestFinished } from 'vitest'
import { buildApp } from '../../src/app.ts'
import { SingleSignOn, type SsoSettings } from '../../src/domain/accounts/single-sign-on.ts'
import type { Client } from '../../src/domain/clients/directory.ts'
import type { DomainSettings } from '../../src/domain/context.ts'
import { recordVisit } from '../../src/domain/profiles/update.ts'
import { watchStore } from '../../src/domain/watched-store.ts'
import { Metrics } from '../../src/http/metrics.ts'
import type { HttpSettings } from '../../src/http/services.ts'
import type { VisitorIds } from '../../src/model/visitor-id.ts'
import { openMemoryStore } from '../../src/store/memory/store.ts'
import type { Store } from '../../src/store/store.ts'
import { holdToDescriptions } from './described-replies.ts'
import { applyAllBatches, testContext, type TestContext } from '../support/context.ts'

const defaults: HttpSettings = {
  defaultClient: 'demo',
  host: '127.0.0.1',
  publicUrl: '',
  edgeHost: '',
  trustedProxies: [],
  updateQueryBytesMax: 8_192,
  updatePostBytesMax: 61_440,
  deliveryBytesMax: 1_048_576,
  bodyIdleSeconds: 60,
  bodyRateMin: 1_024,
  bodyRateWindowSeconds: 60,
  adminCallsPerMinute: 0,
  batchCallsPerMinute: 0,
}

export interface TestApp {
  readonly app: FastifyInstance
  readonly context: TestContext
  readonly client: Client
  /** What was logged at level warn and above, or at the level given. */
  readonly logged: readonly Record<string, unknown>[]
  get(url: string, headers?: InjectOptions['headers']): Promise<LightMyRequestResponse>
  post(
    url: string,
    body?: string | Buffer,
    headers?: InjectOptions['headers'],
  ): Promise<LightMyRequestResponse>
  /** Makes a profile, as a visit would. */
  profile(ids: VisitorIds, attributes?: Readonly<Record<string, string>>): Promise<void>
  /** The values that a fetch shows, without `firstSessionStart`; `undefined` when there is no profile. */
  fetch(address: string): Promise<Record<string, string> | undefined>
  applyBatches(): Promise<void>
  /** Listens on a free port of 127.0.0.1. */
  listen(): Promise<number>
}

type Given = Partial<HttpSettings & DomainSettings> & {
  readonly store?: Store
  readonly sso?: SsoSettings
  readonly consoleDirectory?: string
  readonly logLevel?: string
}

/** Starts the application over an empty store in memory with the client `demo`; the test's end closes it. */
export async function startApp(given: Given = {}): Promise<TestApp> {
  const logged: Record<string, unknown>[] = []
  const { logLevel: level = 'warn' } = given
  const log = pino({ level }, { write: (line: string) => void logged.push(JSON.parse(line)) })
  const metrics = new Metrics()
  const store = watchStore(given.store ?? openMemoryStore(), (report) => metrics.record(report))
  const context = testContext(store, given)
  const client = await context.clients.ensure('demo', context.settings.profileLifetimeDays)
  const sso = given.sso && new SingleSignOn(context, given.sso)
  const { consoleDirectory } = given
  const app = buildApp({ context, settings: { ...defaults, ...given }, log, metrics, sso, consoleDirectory })
  holdToDescriptions(app)
  onTestFinished(() => app.close())
  const get: TestApp['get'] = (url, headers = {}) => app.inject({ method: 'GET', url, headers })
  return {
    app,
    context,
    client,
    logged,
    get,
    post: (url, payload = '', headers = {}) => app.inject({ method: 'POST', url, payload, headers }),
    profile: async (ids, attributes = {}) => {
      await recordVisit(context, client, { ids, set: new Map(Object.entries(attributes)) })
    },
    fetch: async (address) => valuesOf(await get(`/rest/v1/profiles/${address}`)),
    applyBatches: () => applyAllBatches(context),
    listen: async () => {
      await app.listen({ host: '127.0.0.1', port: 0 })
      return (app.server.address() as AddressInfo).port
    },
  }
}

function valuesOf(reply: LightMyRequestResponse): Record<string, string> | undefined {
  if (reply.statusCode === 404) return undefined
  const { profileAttributes } = reply.json<{ profileAttributes: Record<string, { value: string }> }>()
  const { firstSessionStart: _, ...attributes } = profileAttributes
  return Object.fromEntries(Object.entries(attributes).map(([name, { value }]) => [name, value]))
}

/** The message of an error in any of the shapes. */
export function messageOf(reply: LightMyRequestResponse): string {
  const xml = /<message>(.*)<\/message>/.exec(reply.body)?.[1]
  return xml ?? reply.json<{ message: string }>().message
}

/** The id of the batch that an upload's reply links to. */
export function batchIdOf(reply: LightMyRequestResponse): string {
  return /batchId=([^<"]*)/.exec(reply.body)?.[1] ?? ''
}
