import axe from 'axe-core'
import type { Page } from 'playwright-core'
import { expect, it } from 'vitest'
import { closeChromium } from './support/console.ts'
import { settle, show, states } from './support/states.ts'

closeChromium()

/** Dutch words are the longer ones: what fits in Dutch fits. */
const locale = 'nl-NL'

/** The narrowest window, in pixels. */
const widthMin = 360

it.each(states)(
  '$name: nothing for axe to find, light or dark, and nothing wider than the window',
  async (state) => {
    const { page } = await show(state, { locale, width: state.isNarrow ? widthMin : 1280 })
    await page.locator('h1').first().waitFor({ state: 'attached' })

    expect(await violations(page)).toEqual([])
    await page.emulateMedia({ colorScheme: 'dark' })
    expect(await violations(page, 'color-contrast')).toEqual([])
    await page.setViewportSize({ width: widthMin, height: 740 })
    const width = await page.evaluate<number>('document.documentElement.scrollWidth')

    expect(width).toBe(widthMin)
  },
)

interface AxeResults {
  readonly violations: readonly {
    readonly id: string
    readonly nodes: readonly { readonly html: string; readonly failureSummary?: string }[]
  }[]
}

/** What axe finds on the page as it is; one rule of it, or all. */
async function violations(page: Page, rule?: string): Promise<string[]> {
  // The policy of the page lets no script in that is written into it; the debugger's own may run.
  if (!(await page.evaluate<boolean>('"axe" in window'))) await page.evaluate(axe.source)
  await settle(page)
  const options = rule === undefined ? {} : { runOnly: [rule] }
  const results = await page.evaluate<AxeResults>(`axe.run(document, ${JSON.stringify(options)})`)
  return results.violations.flatMap(({ id, nodes }) =>
    nodes.map(({ html, failureSummary = '' }) => `${id}: ${html.slice(0, 200)} ${failureSummary}`),
  )
}
