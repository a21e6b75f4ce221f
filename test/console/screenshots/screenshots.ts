import { mkdir, rm } from 'node:fs/promises'
import path from 'node:path'
import { beforeAll, it } from 'vitest'
import { closeChromium } from '../support/console.ts'
import { settle, show, states, type State } from '../support/states.ts'

closeChromium()

const folder = 'screenshots'
const locales = { en: 'en-GB', nl: 'nl-NL' } as const
const colorSchemes = ['light', 'dark'] as const
const wide = 1280
const narrow = 360

beforeAll(() => rm(folder, { recursive: true, force: true }))

for (const state of states) {
  for (const [language, locale] of Object.entries(locales)) {
    it(`${state.name} ${language}`, () => picture(state, language, locale))
  }
}

/** Files are named so that a state's pictures stand together: `on-nl-360-dark.png`. */
async function picture(state: State, language: string, locale: 'en-GB' | 'nl-NL') {
  await mkdir(folder, { recursive: true })
  for (const width of state.isNarrow ? [narrow] : [wide, narrow]) {
    const { page, screen } = await show(state, { locale, width })
    const isOver = (await screen.dialog.count()) > 0 || (await page.getByRole('menu').count()) > 0
    for (const colorScheme of colorSchemes) {
      await page.emulateMedia({ colorScheme })
      await settle(page)
      if (!isOver) await page.evaluate('scrollTo(0, 0)')
      const file = path.join(folder, `${state.name}-${language}-${width}-${colorScheme}.png`)
      await page.screenshot({ path: file, fullPage: !isOver })
    }
  }
}
