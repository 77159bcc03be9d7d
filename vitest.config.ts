import { defineConfig } from 'vitest/config'

// Unit and real-process tests share two cores with the processes that they start, so files run two at a time; those that run
// whole networks, and measure, one at a time after the others.
const NETWORKS = ['test/processes/**/*.test.ts', 'test/hostile/**/*.test.ts']

export default defineConfig({
  test: {
    testTimeout: 60_000,
    hookTimeout: 60_000,
    reporters: ['default'],
    projects: [
      {
        extends: true,
        test: { name: 'parts', include: ['test/**/*.test.ts'], exclude: NETWORKS, maxWorkers: 2 },
      },
      {
        extends: true,
        test: {
          name: 'networks',
          include: NETWORKS,
          globalSetup: ['test/processes/support/build.ts', 'test/processes/support/browser.ts'],
          maxWorkers: 1,
          sequence: { groupOrder: 1 },
        },
      },
    ],
  },
})
