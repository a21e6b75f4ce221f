import { defineConfig } from 'vitest/config'

/** `npm run screenshots`: every state of every screen, as pictures to look at. */
export default defineConfig({
  test: {
    include: ['test/console/screenshots/screenshots.ts'],
    pool: 'forks',
    testTimeout: 120_000,
    maxWorkers: 1,
    reporters: ['dot'],
  },
})
