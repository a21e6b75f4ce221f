import { readdirSync } from 'node:fs'
import path from 'node:path'
import { describe, expect, it } from 'vitest'
import { issueAccessToken } from '../../src/domain/accounts/access-token.ts'
import { ensureAccounts } from '../../src/domain/accounts/first-start.ts'
import { startApp, type TestApp } from '../http/start-app.ts'
import { Reader, readExamples, withoutMadeUp } from './examples.ts'

const guides = readdirSync(path.resolve(import.meta.dirname, '../../docs/guides'))
const pages = ['README.md', ...guides.toSorted().map((name) => `docs/guides/${name}`)]
const examples = pages.map((page) => ({ page, commands: readExamples(page) }))

/** A system admin's credential, as the first start makes one, and an access token for it. */
async function credentialIn({ context, client }: TestApp): Promise<Record<string, string>> {
  const chosen = { clientId: 'crd', clientSecret: 'a-secret-of-the-page' }
  await ensureAccounts(context, client, chosen)
  const accessToken = await issueAccessToken(context, chosen)
  return { CLIENT_ID: chosen.clientId, CLIENT_SECRET: chosen.clientSecret, ACCESS_TOKEN: accessToken }
}

describe('the examples', () => {
  it.each(examples.filter(({ commands }) => commands.length > 0))(
    'of $page answer what the page shows, in its order',
    async ({ commands }) => {
      const app = await startApp()
      const { applyBatches, listen } = app
      const reader = new Reader(await listen(), await credentialIn(app))

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
      '/target/authentication/token',
    ].filter((address) => !commands.some((command) => command.includes(address)))

    expect(missing).toEqual([])
  })
})
