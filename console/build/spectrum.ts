import type { Plugin } from 'vite'

/** Languages of the console; React Spectrum brings more than thirty. */
const localesKept = /\/(en-US|nl-NL)\.mjs$/

/** A file with the texts of one component in one language. */
const texts = /\/(?:s2|react-aria|react-aria-components|react-stately)\/dist\/.*\/[a-z]{2}-[A-Z]{2}\.mjs$/

/**
 * Makes React Spectrum fit for a page that asks nothing of other origins, and small.
 *
 * Its component `Fonts` and its style sheet of font faces name a font host: both are left out, and
 * `src/fonts.css` names a bundled font instead. Texts in other languages become empty.
 */
export function spectrum(): Plugin {
  return {
    name: 'silhouette:spectrum',
    enforce: 'pre',
    load(id) {
      const file = id.split('?')[0] ?? id
      if (file.endsWith('/s2/dist/private/Fonts.mjs')) return 'export const Fonts = () => null'
      if (file.endsWith('/s2/dist/private/font-faces.css')) return ''
      return texts.test(file) && !localesKept.test(file) ? 'export default {}' : undefined
    },
  }
}
