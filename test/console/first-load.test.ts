import { readdirSync, readFileSync } from 'node:fs'
import { expect, it } from 'vitest'
import { ownStyles } from '../../src/http/routes/console.ts'
import { closeChromium, openConsole } from './support/console.ts'
import { ImplementationScreen } from './support/screen.ts'

closeChromium()

/** Compressed JavaScript of the first load at the most, in bytes. */
const scriptBytesMax = 300 * 1024

const assets = 'console/dist/_assets/'
const scripts = readdirSync(assets).filter((name) => name.endsWith('.js'))

it(`the first screen loads no more than ${scriptBytesMax} bytes of JavaScript, as gzip too`, async () => {
  const { page, url } = await openConsole()
  const loaded = new Map<string, { sent: number; gzip: number }>()
  page.on('response', (response) => {
    const name = new URL(response.url()).pathname.split('/').at(-1) ?? ''
    const sent = Number(response.headers()['content-length'])
    if (scripts.includes(name)) loaded.set(name, { sent, gzip: sizeOf(`${name}.gz`) ?? sent })
  })

  await new ImplementationScreen(page).open(url)

  const sizes = [...loaded.values()]
  expect(sizes.length).toBeGreaterThan(1)
  expect(sizes.reduce((sum, { sent }) => sum + sent, 0)).toBeLessThanOrEqual(scriptBytesMax)
  expect(sizes.reduce((sum, { gzip }) => sum + gzip, 0)).toBeLessThanOrEqual(scriptBytesMax)
})

it('no file of the build names a font host, nor a language that the console does not speak', () => {
  const texts = readdirSync(assets)
    .filter((name) => /\.(?:js|css)$/.test(name))
    .map((name) => readFileSync(assets + name, 'utf8'))

  expect(texts.filter((text) => /typekit|@import/.test(text))).toEqual([])
  // What React Aria says of a dialog's closing in German and Polish.
  expect(texts.filter((text) => /Schließen|Zamknij/.test(text))).toEqual([])
})

it('the two style sheets that the policy lets through are those that React Aria writes', () => {
  const code = scripts.map((name) => readFileSync(assets + name, 'utf8')).join('')
  const written = code.replaceAll(/\$\{\w+\}/g, 'data-react-aria-pressable')

  expect(ownStyles.filter((style) => !written.includes(style))).toEqual([])
})

function sizeOf(name: string): number | undefined {
  return readdirSync(assets).includes(name) ? readFileSync(assets + name).length : undefined
}
