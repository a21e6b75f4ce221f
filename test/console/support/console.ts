import type { Browser, BrowserContext, Page } from 'playwright-core'
import { afterAll, expect, onTestFinished } from 'vitest'
import type { Membership, Role } from '../../../src/model/permission.ts'
import { startSessions, type SessionApp } from '../../http/session/browser.ts'
import { launchChromium } from './chromium.ts'

export const email = 'ann@example.com'

export interface ConsoleOptions {
  /** Nobody is signed in when null; a person without a role when undefined is given for `memberships`. */
  readonly role?: Role | null
  readonly memberships?: readonly Membership[]
  readonly locale?: 'en-GB' | 'nl-NL'
  readonly width?: number
  readonly colorScheme?: 'light' | 'dark'
  readonly server?: Parameters<typeof startSessions>[0]
}

export interface OpenConsole {
  readonly server: SessionApp
  readonly url: string
  readonly page: Page
  readonly browser: BrowserContext
  /** Moves the clocks of server and page on. */
  pass(ms: number): Promise<void>
  /** Status of a fetch of the profile `42`, as a program makes it. */
  fetchStatus(token?: string, userAgent?: string): Promise<number>
}

let chromium: Promise<Browser> | undefined

/**
 * Starts a server with the built console, and a browser at its door.
 *
 * The test fails if the page asks anything of another origin, or does what its content security
 * policy or React forbids.
 */
export async function openConsole(options: ConsoleOptions = {}): Promise<OpenConsole> {
  const server = await startSessions({ consoleDirectory: 'console/dist', ...options.server })
  const url = `http://127.0.0.1:${await server.listen()}`
  const { role = 'approver', memberships = membershipsOf(role) } = options
  await server.profile({ thirdPartyId: '42' }, { plan: 'gold' })
  await server.person(email, memberships, { name: 'Ann Lee' })
  chromium ??= launchChromium()
  const { locale = 'en-GB', width = 1280, colorScheme = 'light' } = options
  const browser = await (
    await chromium
  ).newContext({
    locale,
    colorScheme,
    timezoneId: 'Europe/Amsterdam',
    reducedMotion: 'reduce',
    viewport: { width, height: 800 },
    permissions: ['clipboard-read', 'clipboard-write'],
  })
  if (role !== null) await signIn(server, browser, url)
  const page = await browser.newPage()
  page.setDefaultTimeout(10_000)
  const problems = watch(page, url)
  onTestFinished(async () => {
    await browser.close()
    expect(problems).toEqual([])
  })
  await page.clock.install({ time: server.context.clock.nowMs() })
  return {
    server,
    url,
    page,
    browser,
    pass: async (ms) => {
      server.context.clock.advance(ms)
      await page.clock.fastForward(ms)
    },
    fetchStatus: async (token, userAgent = 'loader/1.0') => {
      const headers = { 'user-agent': userAgent, ...(token && { authorization: `Bearer ${token}` }) }
      return (await fetch(`${url}/rest/v1/profiles/thirdPartyId/42?client=demo`, { headers })).status
    },
  }
}

/** To be called by each file that opens a console. */
export function closeChromium() {
  afterAll(async () => (await chromium)?.close())
}

function membershipsOf(role: Role | null): Membership[] {
  if (role === 'systemAdmin') return [{ role }]
  if (role === 'productAdmin') return [{ client: 'demo', role }]
  return [{ client: 'demo', workspace: 'default', role: role ?? 'approver' }]
}

async function signIn({ context }: SessionApp, browser: BrowserContext, url: string) {
  const user = await context.people.get(email)
  if (user === undefined) throw new Error('the person is there')
  const { token } = await context.sessions.begin(user)
  await browser.addCookies([{ name: 'silhouette-session', value: token, url, httpOnly: true }])
}

function watch(page: Page, url: string): string[] {
  const problems: string[] = []
  page.on('request', (request) => {
    if (!request.url().startsWith(url)) problems.push(`asked ${request.url()}`)
  })
  page.on('pageerror', (error) => problems.push(error.message))
  page.on('console', (message) => {
    // Chromium writes each reply above 399 there.
    const isOwn = message.text().startsWith('Failed to load resource')
    if (message.type() === 'error' && !isOwn) problems.push(message.text())
  })
  return problems
}
