import { expect, it } from 'vitest'
import { readSettings } from '../../src/domain/clients/settings.ts'
import { password } from '../http/session/browser.ts'
import { closeChromium, email, openConsole } from './support/console.ts'
import { ImplementationScreen } from './support/screen.ts'
import { waitUntil } from './support/wait-until.ts'

closeChromium()

it('signing in leads to where one wanted to go; a wrong password is told alike for everybody', async () => {
  const { page, url } = await openConsole({ role: null })
  await page.goto(`${url}/console/@demo/administration/implementation`)

  await page.getByLabel('E-mail').fill('nobody@example.com')
  await page.getByLabel('Password').fill('wrong')
  await page.keyboard.press('Enter')
  await page.getByText('E-mail address or password is wrong.').waitFor()
  await page.getByLabel('E-mail').fill(email)
  await page.getByLabel('Password').fill(password)
  await page.getByRole('button', { name: 'Sign in' }).click()

  await page.getByRole('heading', { name: 'Implementation' }).waitFor()
  expect(new URL(page.url()).pathname).toBe('/console/@demo/administration/implementation')
})

it.each(['//evil.example/x', 'https://evil.example/', '/\\evil.example'])(
  'a link to sign in cannot lead elsewhere: %s',
  async (to) => {
    const { page, url } = await openConsole()

    await page.goto(`${url}/console/sign-in?to=${encodeURIComponent(to)}`)
    await page.getByRole('heading', { name: 'Implementation' }).waitFor()

    expect(page.url()).toBe(`${url}/console/@demo/administration/implementation`)
  },
)

it('/ leads to the console, and signing out to its door, with nothing left behind', async () => {
  const { page, url, browser } = await openConsole()
  await page.goto(url)
  await page.getByRole('button', { name: 'Account' }).click()

  await page.getByRole('menuitem', { name: 'Sign out' }).click()
  await page.getByRole('heading', { name: 'Sign in' }).waitFor()

  expect(await browser.cookies()).toEqual([])
  await page.goto(`${url}/console/@demo/administration/implementation`)
  await page.getByRole('heading', { name: 'Sign in' }).waitFor()
})

it('an invitation lets its holder choose a password, once', async () => {
  const { page, url, server } = await openConsole({ role: null })
  const admin = await server.signedIn('root@example.com', { role: 'systemAdmin' })
  await admin.call('POST', '/demo/target/users', {
    email: 'bob@example.com',
    memberships: [{ role: 'approver' }],
  })
  const invited = await admin.call('POST', '/demo/target/users/bob@example.com/invitation')
  const { path } = invited.json<{ path: string }>()

  await page.goto(url + path)
  await page.getByLabel('Your name').fill('Bob Stone')
  await page.getByLabel('New password').fill('a long road to the sea')
  await page.keyboard.press('Enter')
  await page.getByText('Bob Stone – Approver').waitFor()

  await page.goto(url + path)
  const refused = page.getByText('This link was used, replaced, or is older than 24 hours.')
  await refused.waitFor()
  expect(await page.getByLabel('New password').count()).toBe(0)
})

it('one changes the own password; what is refused says why, and the new one signs in', async () => {
  const { page, url, server } = await openConsole()
  await new ImplementationScreen(page).open(url)
  await page.getByRole('button', { name: 'Account' }).click()
  await page.getByRole('menuitem', { name: 'Change password' }).click()

  await page.getByLabel('Current password').fill('not this one, surely')
  await page.getByLabel('New password').fill('a long road to the sea')
  await page.keyboard.press('Enter')
  await page.getByText('The current password is wrong.').waitFor()
  await page.getByLabel('Current password').fill(password)
  await page.getByRole('button', { name: 'Change', exact: true }).click()

  await page.getByText('Password changed.').waitFor()
  const signedIn = await server.browser().signIn(email, 'a long road to the sea')
  expect(signedIn.statusCode).toBe(201)
})

it('the language is the browser’s, changes in the menu, and stays with the account', async () => {
  const { page, url, server } = await openConsole({ locale: 'nl-NL' })
  await new ImplementationScreen(page, 'nl-NL').open(url)
  const header = await page.getByLabel('Header', { exact: true }).inputValue()

  await page.getByRole('button', { name: 'Account' }).click()
  await page.getByRole('menuitemradio', { name: 'English' }).click()
  await page.getByRole('heading', { name: 'Implementation' }).waitFor()

  expect(header).toBe('Authorization: Bearer UW_TOKEN')
  expect(await page.evaluate('document.documentElement.lang')).toBe('en')
  await waitUntil(async () => (await server.context.people.get(email))?.locale === 'en')
  await page.reload()
  await page.getByRole('heading', { name: 'Implementation' }).waitFor()
})

it('the theme is the device’s until one is chosen, and is there before the first paint', async () => {
  const { page, url } = await openConsole({ colorScheme: 'dark' })
  await new ImplementationScreen(page).open(url)
  const background = () => page.evaluate<string>('getComputedStyle(document.documentElement).backgroundColor')
  const dark = await background()

  await page.getByRole('button', { name: 'Account' }).click()
  await page.getByRole('menuitemradio', { name: 'Light' }).click()
  await page.reload({ waitUntil: 'commit' })
  await page.locator('html[data-color-scheme=light]').waitFor({ state: 'attached' })

  expect(dark).toBe('rgb(17, 17, 17)')
  expect(await background()).toBe('rgb(255, 255, 255)')
})

it('lifetime and privacy are saved, and cancelling leaves what was', async () => {
  const { page, url, server } = await openConsole()
  const screen = new ImplementationScreen(page)
  await screen.open(url)
  const lifetime = page.getByRole('textbox', { name: 'Profile Lifetime' })

  await lifetime.fill('500')
  await page.keyboard.press('Tab')
  expect(await lifetime.inputValue()).toBe('90 days')
  await screen.button('dialog.cancel').click()
  expect(await lifetime.inputValue()).toBe('14 days')
  await lifetime.fill('30')
  await page.keyboard.press('Tab')
  await screen.button('dialog.save').click()
  await page.getByText('Profile lifetime saved').waitFor()
  await screen.pick('privacy.label', /Last octet/)
  await page.getByText('Privacy setting saved').waitFor()

  expect(await readSettings(server.context, server.client)).toMatchObject({
    profileLifetimeDays: 30,
    ipObfuscation: 'LAST_OCTET',
  })
})
