import type { Page } from 'playwright-core'
import { expect, it } from 'vitest'
import { dayMs } from '../../src/model/limits.ts'
import { password } from '../http/session/browser.ts'
import { closeChromium, email, openConsole } from './support/console.ts'
import { ImplementationScreen } from './support/screen.ts'
import { waitUntil } from './support/wait-until.ts'

closeChromium()

const hourMs = 3_600_000

async function openScreen() {
  const console = await openConsole()
  const screen = new ImplementationScreen(console.page)
  await screen.open(console.url)
  return { ...console, screen }
}

/** A session lasts 12 hours without use. */
async function signInAgain(page: Page) {
  await page.getByRole('heading', { name: 'Sign in' }).waitFor()
  await page.getByLabel('E-mail').fill(email)
  await page.getByLabel('Password').fill(password)
  await page.keyboard.press('Enter')
}

it('an approver locks the Profile API, and a token opens it', async () => {
  const { screen, fetchStatus, page } = await openScreen()

  expect(await screen.switch.isChecked()).toBe(false)
  expect(await screen.generate.isDisabled()).toBe(true)
  expect(await fetchStatus()).toBe(200)
  await screen.turn()
  await page.getByText('loader/1.0').waitFor()
  await screen.button('switchOn.confirm').click()
  await waitUntil(() => screen.switch.isChecked())
  expect(await fetchStatus()).toBe(403)
  const token = await screen.generateToken()

  expect(await fetchStatus(token)).toBe(200)
  expect(await fetchStatus()).toBe(403)
  expect(await screen.token.inputValue()).toBe(token)
  expect(await screen.expiresIn.inputValue()).toMatch(/^(90 days|89 days, 23 hours, 59 minutes)/)
})

it('the switch turns on at once when nobody would be cut off', async () => {
  const { screen, fetchStatus } = await openScreen()

  await screen.turn()
  await waitUntil(() => screen.switch.isChecked())

  expect(await screen.dialog.count()).toBe(0)
  expect(await fetchStatus()).toBe(403)
})

it('the dialog that turns the switch on can be cancelled, and then nothing changes', async () => {
  const { screen, fetchStatus } = await openScreen()
  await fetchStatus()

  await screen.turn()
  await screen.button('dialog.cancel').click()
  await screen.dialog.waitFor({ state: 'detached' })

  expect(await screen.switch.isChecked()).toBe(false)
  expect(await fetchStatus()).toBe(200)
})

it('turning the switch off says what becomes open; the token goes on when it is turned on again', async () => {
  const { screen, fetchStatus, page } = await openScreen()
  await screen.turn()
  await waitUntil(() => screen.switch.isChecked())
  const token = await screen.generateToken()

  await screen.turn()
  await page.getByText('may then read and change profiles of demo').waitFor()
  await screen.button('switchOff.confirm').click()
  await waitUntil(async () => !(await screen.switch.isChecked()))

  expect(await fetchStatus()).toBe(200)
  expect(await screen.token.inputValue()).toBe(token)
  await screen.turn()
  await screen.button('switchOn.confirm').click()
  await waitUntil(() => screen.switch.isChecked())
  expect(await fetchStatus(token)).toBe(200)
})

it('a new token ends the old one at once, and the dialog says so and who used it last', async () => {
  const { screen, fetchStatus, page } = await openScreen()
  await screen.turn()
  await waitUntil(() => screen.switch.isChecked())
  const old = await screen.generateToken()
  await fetchStatus(old, 'nightly-export/3')
  await page.clock.fastForward(31_000)
  await page.getByText('nightly-export/3').waitFor()

  await screen.generate.click()
  const warning = await screen.dialog.innerText()
  await screen.button('dialog.cancel').click()
  await screen.dialog.waitFor({ state: 'detached' })
  expect(await fetchStatus(old)).toBe(200)
  const fresh = await screen.generateToken()

  expect(warning).toContain('Calls with the current token fail at once.')
  expect(warning).toMatch(/Last used .* by nightly-export\/3, from 127\.0\.0\.1/)
  expect(await fetchStatus(old)).toBe(403)
  expect(await fetchStatus(fresh)).toBe(200)
})

it('an old token goes on for as long as was asked for, and the card tells until when', async () => {
  const { screen, fetchStatus, page, pass } = await openScreen()
  await screen.turn()
  await waitUntil(() => screen.switch.isChecked())
  const old = await screen.generateToken()

  const fresh = await screen.generateToken({ keepOld: /^1 hour$/ })
  await page.getByText('An old token still works until').waitFor()
  expect(await fetchStatus(old)).toBe(200)
  await pass(hourMs + 60_000)
  await page.getByText('An old token still works until').waitFor({ state: 'detached' })

  expect(await fetchStatus(old)).toBe(403)
  expect(await fetchStatus(fresh)).toBe(200)
})

it('End now ends the old token and leaves the current one', async () => {
  const { screen, fetchStatus, page } = await openScreen()
  await screen.turn()
  await waitUntil(() => screen.switch.isChecked())
  const old = await screen.generateToken()
  const fresh = await screen.generateToken({ keepOld: /^7 days$/ })

  await screen.button('overlap.endNow').click()
  await screen.dialog.getByRole('button', { name: 'End now' }).click()
  await page.getByText('An old token still works until').waitFor({ state: 'detached' })

  expect(await fetchStatus(old)).toBe(403)
  expect(await fetchStatus(fresh)).toBe(200)
})

it('a token of the life that was chosen is warned of in its last week, and is gone at its end', async () => {
  const { screen, fetchStatus, page, pass } = await openScreen()
  await screen.turn()
  await waitUntil(() => screen.switch.isChecked())
  const token = await screen.generateToken({ life: /^30 days$/ })
  expect(await page.getByText('The token expires in').count()).toBe(0)

  await pass(23 * dayMs + hourMs)
  await signInAgain(page)
  await page.getByText(/The token expires in 6 days, 2[23] hours/).waitFor()
  // Let in: it is the profile that has expired.
  expect(await fetchStatus(token)).toBe(404)
  await pass(6 * dayMs + 17 * hourMs)
  await signInAgain(page)
  await page.getByText(/The token expires in 5 hours, 59 minutes/).waitFor()
  await pass(6 * hourMs)
  await page.getByText('There is no valid token').waitFor()
  await screen.token.waitFor({ state: 'detached' })

  expect(await fetchStatus(token)).toBe(403)
})

it('the token that the Copy button copies is the one that opens the API; Test shows that in words', async () => {
  const { screen, fetchStatus, page } = await openScreen()
  await screen.turn()
  await waitUntil(() => screen.switch.isChecked())
  await screen.generateToken()

  await page.getByRole('button', { name: 'Copy: Authentication Token' }).click()
  await page.getByText('Copied').first().waitFor()
  const copied = await page.evaluate<string>('navigator.clipboard.readText()')
  await screen.button('test.button').click()

  await page.getByText('Without the token: refused (answer 403)').waitFor()
  await page.getByText('With the token: accepted (answer 404)').waitFor()
  expect(await fetchStatus(copied)).toBe(200)
})
