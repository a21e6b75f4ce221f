import { waitFor } from './wait.ts'

export interface Reply {
  readonly status: number
  readonly text: string
  readonly headers: Headers
}

/** Sends a request; each call that is under way at the same time has a connection of its own. */
export async function call(url: string, init: RequestInit = {}): Promise<Reply> {
  const response = await fetch(url, init)
  return { status: response.status, text: await response.text(), headers: response.headers }
}

/** An id of a visitor as a path of a fetch: `thirdPartyId/42`, or a tntId alone. */
export type ProfilePath = string

/** The values that a fetch shows, without `firstSessionStart`; `undefined` when there is no profile. */
export async function fetchValues(
  url: string,
  profile: ProfilePath,
): Promise<Record<string, string> | undefined> {
  const { status, text } = await call(`${url}/rest/v1/profiles/${profile}?client=demo`)
  if (status === 404) return undefined
  if (status !== 200) throw new Error(`a fetch of ${profile} was answered ${status}: ${text}`)
  const { profileAttributes } = JSON.parse(text) as { profileAttributes: Record<string, { value: string }> }
  const { firstSessionStart: _, ...attributes } = profileAttributes
  return Object.fromEntries(Object.entries(attributes).map(([name, { value }]) => [name, value]))
}

/** Sets attributes by a single update. */
export function update(
  url: string,
  thirdPartyId: string,
  set: Readonly<Record<string, string>>,
): Promise<Reply> {
  const parameters = new URLSearchParams({ mbox3rdPartyId: thirdPartyId })
  for (const [name, value] of Object.entries(set)) parameters.set(`profile.${name}`, value)
  return call(`${url}/m2/demo/profile/update`, { method: 'POST', body: parameters })
}

/** Makes a visit, which creates the profile when there is none. */
export function visit(
  url: string,
  id: Readonly<Record<string, string>>,
  profileParameters: Readonly<Record<string, string>> = {},
): Promise<Reply> {
  return call(`${url}/rest/v1/delivery?client=demo&sessionId=s1`, {
    method: 'POST',
    body: JSON.stringify({ id, context: { channel: 'web' }, execute: { pageLoad: { profileParameters } } }),
  })
}

/** Uploads a batch and returns its id. */
export async function upload(
  url: string,
  body: string | Buffer | Blob,
  { version = 2, encoding }: { version?: 1 | 2; encoding?: 'gzip' | 'br' } = {},
): Promise<string> {
  const address = `${url}/m2/demo/${version === 2 ? 'v2/' : ''}profile/batchUpdate`
  const headers = encoding === undefined ? {} : { 'content-encoding': encoding }
  const { status, text } = await call(address, { method: 'POST', body, headers })
  const batchId = /batchId=(demo-\d+-\d+)</.exec(text)?.[1]
  if (status !== 200 || batchId === undefined) throw new Error(`an upload was answered ${status}: ${text}`)
  return batchId
}

/** What is told of a batch; the counts as Adobe names them. */
export interface BatchStatus {
  readonly status: string
  readonly batchSize: number
  readonly consumedCount: number
  readonly successfulUpdates: number
  readonly profilesNotFound: number
  readonly failedUpdates: number
}

export async function batchStatus(url: string, batchId: string): Promise<BatchStatus> {
  const { text } = await call(`${url}/m2/demo/profile/batchStatus?batchId=${batchId}&showDetails=true`)
  const element = (name: string) => new RegExp(`<${name}>([^<]*)</${name}>`).exec(text)?.[1] ?? ''
  return {
    status: element('status'),
    batchSize: Number(element('batchSize')),
    consumedCount: Number(element('consumedCount')),
    successfulUpdates: Number(element('successfulUpdates')),
    profilesNotFound: Number(element('profilesNotFound')),
    failedUpdates: Number(element('failedUpdates')),
  }
}

/** Waits until a batch is complete and returns its status. */
export function completed(url: string, batchId: string, limitMs = 60_000): Promise<BatchStatus> {
  const whenComplete = async () => {
    const status = await batchStatus(url, batchId)
    return status.status === 'complete' ? status : undefined
  }
  return waitFor(`batch ${batchId} to be complete`, whenComplete, { limitMs, everyMs: 20 })
}
