import { randomBytes } from 'node:crypto'
import { readFileSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import type { Config } from './config.ts'
import { SecretKey } from './domain/secret-key.ts'
import { hasCode } from './lib/errors.ts'
import { fileMode, secretKeyFile } from './store/lmdb/directory.ts'

/**
 * Reads the install's secret key: the setting, else the file in the store directory, which the first
 * start makes. A store in memory has a key as short-lived as itself; nodes of a cluster would each make
 * another one.
 */
export function readSecretKey({ secretKey, storeUrl }: Pick<Config, 'secretKey' | 'storeUrl'>): SecretKey {
  if (secretKey !== undefined) return new SecretKey(secretKey)
  const made = randomBytes(32).toString('base64url')
  if (storeUrl.kind === 'memory') return new SecretKey(made)
  if (storeUrl.kind === 'cassandra') {
    throw new Error(
      'SILHOUETTE_SECRET_KEY must be given with a cluster, the same on each node (32 characters or more)',
    )
  }
  const file = path.join(storeUrl.directory, secretKeyFile)
  try {
    writeFileSync(file, `${made}\n`, { mode: fileMode, flag: 'wx', flush: true })
    return new SecretKey(made)
  } catch (error) {
    if (!hasCode(error, 'EEXIST')) throw error
    const kept = readFileSync(file, 'utf8').trim()
    if (kept.length >= 32) return new SecretKey(kept)
    throw new Error(
      `${secretKeyFile} in the store directory is damaged; restore it, or set SILHOUETTE_SECRET_KEY`,
      {
        cause: error,
      },
    )
  }
}
