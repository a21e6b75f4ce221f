import { randomBytes, randomUUID } from 'node:crypto'

/** So many random bytes as lower-case hexadecimal digits. */
export function randomHex(bytes: number): string {
  return randomBytes(bytes).toString('hex')
}

/** A random UUID (version 4). */
export function uuid(): string {
  return randomUUID()
}
