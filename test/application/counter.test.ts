import { pathToFileURL } from 'node:url'
import fc from 'fast-check'
import type { ApplicationFactory } from '../../src/application/contract.ts'
import { describeApplication } from './application-suite.ts'
import { writeReadmeExample } from './readme-example.ts'

// Without types, as a third party's module is.
const { default: createCounter }: { default: ApplicationFactory } = await import(
  pathToFileURL(writeReadmeExample()).href
)

const client = new Uint8Array(32)

describeApplication('the example of the README', {
  create: () => createCounter({ start: 7 }),
  operation: fc.integer({ min: 1, max: 255 }).map(step => ({ client, operation: Uint8Array.of(step) })),
  badOperations: [[], [0], [1, 1]].map(bytes => ({ client, operation: Uint8Array.from(bytes) })),
  queries: ['count'],
})
