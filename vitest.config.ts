import { defineConfig } from 'vitest/config'

// Unit and real-process tests share two cores with the processes that they start, so files run two at a time; those that run
// whole networks, and measure, one at a time after the others.
const NETWORKS = ['test/processes/**/*.test.ts', 'test/hostile/**/*.test.ts']

export default defineConfig({
  test: {
    // Bounds for what hangs. What merely takes long may: on a machine that has much else to do, ten times as long as alone, and more.
    testTimeout: 240_000,
    hookTimeout: 240_000,
    expect: { poll: { timeout: 60_000 } },
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
          // Each waits for many things, one after the other.
          testTimeout: 900_000,
          sequence: { groupOrder: 1 },
        },
      },
    ],
  },
})
