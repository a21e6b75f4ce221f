import '@fontsource-variable/source-sans-3'
import '@react-spectrum/s2/page.css'
import { StrictMode } from 'react'
import { createRoot } from 'react-dom/client'
import { App } from './app.tsx'
import './fonts.css'
import { firstLanguage, loadMessages } from './lib/language.ts'

const language = firstLanguage()
const messages = await loadMessages(language)
const root = document.getElementById('root')
if (root === null) throw new Error('the page has its root')
createRoot(root).render(
  <StrictMode>
    <App first={{ language, messages }} />
  </StrictMode>,
)
