import type { Page } from 'playwright-core'
import { expect, it } from 'vitest'
import { password } from '../http/session/browser.ts'
import { closeChromium, email, openConsole } from './support/console.ts'
import { ImplementationScreen } from './support/screen.ts'
import { waitUntil } from './support/wait-until.ts'

closeChromium()

/** More steps than any way on these screens takes. */
const stepsMax = 40

/** Goes on by Tab until the focus is on what has this accessible name. */
async function tabTo(page: Page, name: RegExp) {
  for (let step = 0; step < stepsMax; step++) {
    await page.keyboard.press('Tab')
    if (name.test(await focusedName(page))) return
  }
  throw new Error(`Tab leads to nothing named ${name.source}`)
}

function focusedName(page: Page): Promise<string> {
  return page.evaluate<string>(`(() => {
    const element = document.activeElement
    const labels = [...(element.labels ?? [])].map((label) => label.innerText)
    return [element.getAttribute('aria-label') ?? '', ...labels, element.innerText ?? ''].join(' ')
  })()`)
}

it('signing in, locking the API, making a token and copying it need no mouse', async () => {
  const { page, url, fetchStatus } = await openConsole({ role: null })
  const screen = new ImplementationScreen(page)
  await page.goto(`${url}/console/`)

  await page.getByLabel('E-mail').waitFor()
  await waitUntil(async () => /E-mail/.test(await focusedName(page)))
  await page.keyboard.type(email)
  await page.keyboard.press('Tab')
  await page.keyboard.type(password)
  await page.keyboard.press('Enter')
  await screen.switch.waitFor({ state: 'attached' })
  await tabTo(page, /Skip to the content/)
  await page.keyboard.press('Enter')
  await fetchStatus()
  await tabTo(page, /Require Authentication/)
  await page.keyboard.press('Space')
  await screen.dialog.waitFor()
  await tabTo(page, /^\s*Turn on$/)
  await page.keyboard.press('Enter')
  await waitUntil(() => screen.switch.isChecked())
  await screen.dialog.waitFor({ state: 'detached' })
  await waitUntil(async () => /Require Authentication/.test(await focusedName(page)))
  await tabTo(page, /Generate New Profile Authentication Token/)
  await page.keyboard.press('Enter')
  await screen.dialog.waitFor()
  await tabTo(page, /^\s*Generate$/)
  await page.keyboard.press('Enter')
  await screen.token.waitFor()
  await screen.dialog.waitFor({ state: 'detached' })
  await waitUntil(async () => /Generate New Profile/.test(await focusedName(page)))
  await page.keyboard.press('Shift+Tab')
  await page.keyboard.press('Shift+Tab')
  expect(await focusedName(page)).toMatch(/Copy: Authentication Token/)
  await page.keyboard.press('Enter')
  await page.getByText('Copied').first().waitFor()

  const copied = await page.evaluate<string>('navigator.clipboard.readText()')
  expect(await fetchStatus(copied)).toBe(200)
})

it('Escape closes a dialog, leaves everything as it was, and gives the focus back', async () => {
  const { page, url } = await openConsole()
  const screen = new ImplementationScreen(page)
  await screen.open(url)
  await screen.turn()
  await waitUntil(() => screen.switch.isChecked())
  await screen.generate.focus()

  await page.keyboard.press('Enter')
  await screen.dialog.waitFor()
  await page.keyboard.press('Escape')
  await screen.dialog.waitFor({ state: 'detached' })

  expect(await screen.token.count()).toBe(0)
  await waitUntil(async () => /Generate New Profile/.test(await focusedName(page)))
})
