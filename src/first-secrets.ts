import type { MadeSecrets } from './domain/accounts/first-start.ts'

/** What the first start prints: the secrets that it made up and what each is for, if any. */
export function firstSecrets({ email, password, clientId, clientSecret }: MadeSecrets): string {
  if (password === undefined && clientSecret === undefined) return ''
  const lines = ['First start. These secrets were made up for it and are shown this once; keep them now.', '']
  if (password !== undefined) {
    lines.push('  System admin, for signing in to the console:')
    lines.push(`    e-mail         ${email}`, `    password       ${password}`, '')
  }
  if (clientSecret !== undefined) {
    lines.push('  API credential of a system admin, for the Admin API (POST /ims/token/v3):')
    lines.push(`    client id      ${clientId}`, `    client secret  ${clientSecret}`, '')
  }
  return `${lines.join('\n')}\n`
}
