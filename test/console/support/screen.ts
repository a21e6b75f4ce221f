import type { Locator, Page } from 'playwright-core'
import english from '../../../console/src/messages/en.json' with { type: 'json' }
import dutch from '../../../console/src/messages/nl.json' with { type: 'json' }

type TextKey = keyof typeof english

/** The Implementation screen as a person finds their way on it: by what is written there. */
export class ImplementationScreen {
  readonly page: Page
  readonly text: (key: TextKey) => string

  constructor(page: Page, locale = 'en-GB') {
    this.page = page
    const texts: Readonly<Record<TextKey, string>> = locale === 'nl-NL' ? dutch : english
    this.text = (key) => texts[key]
  }

  async open(url: string): Promise<void> {
    await this.page.goto(`${url}/console/`)
    await this.page.getByRole('heading', { name: this.text('profileApi.title'), exact: true }).waitFor()
    await this.switch.waitFor({ state: 'attached' })
  }

  get switch(): Locator {
    return this.page.getByRole('switch', { name: this.text('switch.label') })
  }

  get generate(): Locator {
    return this.button('generate.button')
  }

  get token(): Locator {
    return this.page.getByLabel(this.text('token.label'), { exact: true })
  }

  get expiresIn(): Locator {
    return this.page.getByLabel(this.text('token.expiresIn'))
  }

  /** Notes of success are `alertdialog` too, and no section. */
  get dialog(): Locator {
    return this.page.locator('section:is([role=dialog], [role=alertdialog])')
  }

  button(key: TextKey): Locator {
    return this.page.getByRole('button', { name: this.text(key), exact: true })
  }

  /** The switch's own input is out of sight; people press what stands for it. */
  async turn(): Promise<void> {
    await this.page.locator('label').filter({ has: this.switch }).click()
  }

  /** Generates a token by the dialog, and waits until it shows. */
  async generateToken(choose: { life?: RegExp; keepOld?: RegExp } = {}): Promise<string> {
    const before = (await this.token.count()) > 0 ? await this.token.inputValue() : ''
    await this.generate.click()
    await this.dialog.waitFor()
    if (choose.life) await this.pick('generate.life', choose.life)
    if (choose.keepOld) await this.pick('generate.keepOld', choose.keepOld)
    await this.dialog.getByRole('button', { name: this.text('generate.confirm'), exact: true }).click()
    await this.dialog.waitFor({ state: 'detached' })
    const field = this.page.locator(`input[value^="slh_"]:not([value="${before}"])`).first()
    return field.inputValue()
  }

  async pick(key: TextKey, option: RegExp): Promise<void> {
    await this.page.getByRole('button', { name: this.text(key) }).click()
    const choice = this.page.getByRole('option', { name: option })
    await choice.waitFor()
    // The list takes the keyboard as soon as it is open; a press while it still moves can be lost.
    await choice.focus()
    await this.page.keyboard.press('Enter')
    await this.page.getByRole('listbox').first().waitFor({ state: 'detached' })
  }
}
