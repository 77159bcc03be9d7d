import { defineConfig } from 'vitest/config'

// Unit and real-process tests share two cores with the processes that they start, so files run two at a time.
export default defineConfig({
  test: {
    include: ['test/**/*.test.ts'],
    testTimeout: 60_000,
    hookTimeout: 60_000,
    maxWorkers: 2,
    reporters: ['default'],
  },
})
