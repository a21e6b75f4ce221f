import type { Page } from 'playwright-core'
import type { Role } from '../../../src/model/permission.ts'
import { openConsole, type ConsoleOptions, type OpenConsole } from './console.ts'
import { ImplementationScreen } from './screen.ts'

/** A console that shows one of its states. */
export interface ShownState extends OpenConsole {
  readonly screen: ImplementationScreen
}

/** One state of one screen: how it comes about, beginning before the page is opened. */
export interface State {
  readonly name: string
  readonly options?: ConsoleOptions
  /** Made by an administrator before the page is opened. */
  readonly setting?: Setting
  /** Where the page is opened; the Implementation screen unless given. */
  readonly path?: string
  readonly before?: (shown: ShownState) => Promise<unknown>
  /** Leads from the open page to the state, and waits until it shows. */
  readonly act?: (shown: ShownState) => Promise<unknown>
  /** Seen in narrow windows only. */
  readonly isNarrow?: boolean
}

interface Setting {
  readonly isOn?: boolean
  /** Tokens in the order of their making: life and overlap of the one before, seconds. */
  readonly tokens?: readonly { readonly expiresIn?: number; readonly overlap?: number }[]
  readonly clients?: readonly { readonly code: string; readonly name: string }[]
  /** The user agent of a program that called with the last token. */
  readonly usedBy?: string
}

const daySeconds = 86_400
const on: Setting = { isOn: true, tokens: [{}] }

/** Every state of every screen. */
export const states: readonly State[] = [
  { name: 'sign-in', options: { role: null }, path: '/console/' },
  {
    name: 'sign-in-refused',
    options: { role: null },
    path: '/console/sign-in',
    act: async ({ page, screen }) => {
      await page.getByLabel(screen.text('signIn.email')).fill('ann@example.com')
      await page.getByLabel(screen.text('signIn.password')).fill('not the password')
      await page.keyboard.press('Enter')
      await page.getByText(screen.text('problem.sign_in_failed')).waitFor()
    },
  },
  {
    name: 'sign-in-single-sign-on',
    options: { role: null },
    path: '/console/sign-in?problem=sso_unknown_person',
    before: ({ page }) =>
      page.route('**/api/sign-in', (route) =>
        route.fulfill({ json: { password: true, sso: { name: 'Example', url: '/api/sso/start' } } }),
      ),
    act: ({ page }) => page.getByRole('button', { name: /Example/ }).waitFor(),
  },
  {
    name: 'invitation',
    options: { role: null },
    path: '/console/invitation/x',
    before: ({ page, server }) =>
      page.route('**/api/invitations/x', (route) => {
        const expiresAt = new Date(server.context.clock.nowMs() + daySeconds * 1000).toISOString()
        return route.fulfill({ json: { email: 'bob@example.com', name: '', hasPassword: false, expiresAt } })
      }),
    act: ({ page, screen }) => page.getByLabel(screen.text('invitation.name')).waitFor(),
  },
  {
    name: 'invitation-gone',
    options: { role: null },
    path: '/console/invitation/AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA',
    act: ({ page, screen }) => page.getByText(screen.text('problem.invitation_not_found')).waitFor(),
  },
  {
    name: 'no-client',
    options: { memberships: [] },
    path: '/console/',
    act: ({ page, screen }) => page.getByText(screen.text('noClient.title')).waitFor(),
  },
  {
    name: 'nothing-here',
    path: '/console/@elsewhere/administration/implementation',
    act: ({ page, screen }) => page.getByText(screen.text('nothingHere.title')).waitFor(),
  },
  {
    name: 'server-away',
    path: '/console/',
    before: ({ page }) => page.route('**/api/session', (route) => route.abort()),
    act: async ({ page, screen }) => {
      // The client tries three times.
      await page.clock.runFor(2_000)
      await page.getByText(screen.text('problem.offline')).waitFor()
    },
  },
  {
    name: 'loading',
    path: '/console/@demo/administration/implementation',
    before: ({ page }) => page.route('**/target/**', () => {}),
    act: ({ page, screen }) => page.getByText(screen.text('profileApi.title'), { exact: true }).waitFor(),
  },
  {
    name: 'server-went-away',
    setting: on,
    act: async ({ page, screen }) => {
      await page.route('**/target/**', (route) => route.abort())
      await page.clock.fastForward(31_000)
      await page.clock.runFor(2_000)
      await page.getByText(screen.text('problem.offlineStale')).waitFor()
    },
  },
  { name: 'off' },
  { name: 'off-open-to-others', options: { server: { host: '0.0.0.0' } } },
  { name: 'off-with-a-token', setting: { tokens: [{}] } },
  {
    name: 'turning-on',
    act: async ({ screen, page, fetchStatus }) => {
      await fetchStatus(undefined, 'acme-loader/2.1 (nightly)')
      await fetchStatus(undefined, 'Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 Chrome/143.0')
      await screen.turn()
      await page.getByText('acme-loader/2.1').waitFor()
    },
  },
  { name: 'on-without-token', setting: { isOn: true } },
  {
    name: 'generate-first',
    setting: { isOn: true },
    act: async ({ screen }) => {
      await screen.generate.click()
      await screen.dialog.waitFor()
    },
  },
  { name: 'on', setting: { ...on, usedBy: 'acme-loader/2.1 (nightly)' } },
  {
    name: 'generate-next',
    setting: { ...on, usedBy: 'acme-loader/2.1 (nightly)' },
    act: async ({ screen, page }) => {
      await screen.generate.click()
      await screen.dialog.waitFor()
      await page.getByRole('button', { name: screen.text('generate.life') }).click()
      await page.getByRole('option', { name: screen.text('generate.custom') }).click()
      await screen.pick('generate.keepOld', /24/)
    },
  },
  {
    name: 'overlap',
    setting: { isOn: true, tokens: [{}, { overlap: daySeconds }], usedBy: 'acme-loader/2.1' },
  },
  {
    name: 'ending-the-old-token',
    setting: { isOn: true, tokens: [{}, { overlap: daySeconds }] },
    act: async ({ screen }) => {
      await screen.button('overlap.endNow').click()
      await screen.dialog.waitFor()
    },
  },
  { name: 'expires-soon', setting: { isOn: true, tokens: [{ expiresIn: 2 * daySeconds + 12_345 }] } },
  {
    name: 'turning-off',
    setting: on,
    act: async ({ screen }) => {
      await screen.turn()
      await screen.dialog.waitFor()
    },
  },
  {
    name: 'tested',
    setting: on,
    act: async ({ screen, page }) => {
      await screen.button('test.button').click()
      await page.getByText('403').last().waitFor()
      await page.getByText('404').last().scrollIntoViewIfNeeded()
    },
  },
  {
    name: 'lifetime-changed',
    act: async ({ screen, page }) => {
      await page.getByRole('textbox', { name: screen.text('account.lifetime'), exact: true }).fill('30')
      await page.keyboard.press('Tab')
      await screen.button('dialog.save').waitFor()
    },
  },
  {
    name: 'help',
    act: async ({ screen, page }) => {
      await page.getByRole('button', { name: screen.text('profileApi.helpLabel') }).click()
      await page.getByText(screen.text('profileApi.help')).waitFor()
    },
  },
  {
    name: 'account-menu',
    act: async ({ page }) => {
      await page.getByRole('button', { name: 'Account' }).click()
      await page.getByRole('menu').waitFor()
    },
  },
  {
    name: 'navigation',
    isNarrow: true,
    act: async ({ screen, page }) => {
      await page.getByRole('button', { name: screen.text('shell.screens') }).click()
      await page.getByRole('menu').waitFor()
    },
  },
  {
    name: 'password',
    act: async ({ screen, page }) => {
      await page.getByRole('button', { name: 'Account' }).click()
      await page.getByRole('menuitem', { name: screen.text('password.title') }).click()
      await screen.dialog.waitFor()
    },
  },
  {
    name: 'clients',
    options: { role: 'systemAdmin' },
    setting: { clients: [{ code: 'acme', name: 'Acme Travel' }] },
    act: async ({ screen, page }) => {
      await page.getByRole('button', { name: new RegExp(`${screen.text('shell.client')}$`) }).click()
      await page.getByRole('option', { name: /Acme/ }).waitFor()
    },
  },
  ...readOnly('observer'),
  ...readOnly('publisher'),
]

function readOnly(role: Role): State[] {
  return [{ name: `as-${role}`, options: { role }, setting: on }]
}

/** Opens a console and brings it into a state. */
export async function show(state: State, options: ConsoleOptions = {}): Promise<ShownState> {
  const console = await openConsole({ ...state.options, ...options })
  const shown = { ...console, screen: new ImplementationScreen(console.page, options.locale) }
  if (state.setting) await arrange(shown, state.setting)
  await state.before?.(shown)
  if (state.path === undefined) await shown.screen.open(shown.url)
  else await shown.page.goto(shown.url + state.path)
  await state.act?.(shown)
  await settle(shown.page)
  return shown
}

/** Ends what moves: a colour half-way to another is none that anybody reads. */
export async function settle(page: Page): Promise<void> {
  await page.evaluate(`document.getAnimations().forEach((animation) => {
    if (animation.effect.getComputedTiming().endTime !== Infinity) animation.finish()
  })`)
}

async function arrange({ server, fetchStatus }: ShownState, setting: Setting) {
  const { isOn = false, tokens = [], clients = [], usedBy } = setting
  const admin = await server.signedIn('root@example.com', { role: 'systemAdmin' })
  for (const client of clients) await admin.call('POST', '/demo/target/clients', client)
  await admin.call('PATCH', '/demo/target/clients/settings', { enableProfileApiAuthentication: isOn })
  const path = '/demo/target/authentication/token?authorizationScope=profile_api'
  let last = ''
  for (const [index, token] of tokens.entries()) {
    // A token that is still current when it is replaced is the one that was used.
    if (usedBy !== undefined && index > 0) await fetchStatus(last, usedBy)
    last = (await admin.call('POST', path, token)).json<{ accessToken: string }>().accessToken
  }
  if (usedBy !== undefined) await fetchStatus(last, usedBy)
}
