import { defineConfig } from 'vitest/config'

export default defineConfig({
  test: {
    include: ['test/**/*.test.ts'],
    // They need a cluster, which `npm run test:cluster` starts.
    exclude:
      process.env['CASSANDRA_HOST'] === undefined
        ? ['test/cluster/**', 'test/one-node/**', 'test/regions/**', 'test/secured/**']
        : [],
    pool: 'forks',
    globals: false,
    // Tests start servers and wait for disks; a hang must still end the run.
    testTimeout: 30_000,
    hookTimeout: 30_000,
    teardownTimeout: 10_000,
    // Servers under test are processes of their own: more files at once than cores would starve them.
    maxWorkers: 2,
    allowOnly: false,
    passWithNoTests: false,
  },
})
