import { readdirSync } from 'node:fs'
import path from 'node:path'
import { describe, expect, it } from 'vitest'
import { startApp } from '../http/start-app.ts'
import { Reader, readExamples, withoutMadeUp } from './examples.ts'

const guides = readdirSync(path.resolve(import.meta.dirname, '../../docs/guides'))
const pages = ['README.md', ...guides.toSorted().map((name) => `docs/guides/${name}`)]
const examples = pages.map((page) => ({ page, commands: readExamples(page) }))

describe('the examples', () => {
  it.each(examples.filter(({ commands }) => commands.length > 0))(
    'of $page answer what the page shows, in its order',
    async ({ commands }) => {
      const { applyBatches, listen } = await startApp()
      const reader = new Reader(await listen())

      for (const example of commands) {
        const printed = await reader.run(example)
        await applyBatches()

        const { page, line, reply = 'the page shows no reply' } = example
        expect({ page, line, reply: withoutMadeUp(printed) }).toEqual({
          page,
          line,
          reply: withoutMadeUp(reply),
        })
      }
    },
  )

  it('of the README show every endpoint', () => {
    const commands = readExamples('README.md').map(({ command }) => command)

    const missing = [
      '/profile/update',
      '/v2/profile/batchUpdate',
      '/profile/batchStatus',
      'failedRows=true',
      '/rest/v1/profiles/',
      '/rest/v1/delivery',
    ].filter((address) => !commands.some((command) => command.includes(address)))

    expect(missing).toEqual([])
  })
})
