import { expect } from 'vitest'

/** Waits for a condition of the page or the server. */
export async function waitUntil(condition: () => Promise<boolean>): Promise<void> {
  await expect.poll(condition, { timeout: 10_000, interval: 25 }).toBe(true)
}
