import { sha256 } from '../crypto/hash.ts'
import { equalBytes } from '../lib/bytes.ts'
import type { Application, Refusal } from './contract.ts'
import { decodeKeyValueOperation, type KeyValueOperation } from './key-value-operation.ts'
import { createMapApplication, type Decision, type ReadableState } from './map-application.ts'
import { readSignatures, recordOf } from './options.ts'
import { locateKey } from './read-proofs.ts'

export {
  decodeKeyValueOperation,
  describeKeyValueOperation,
  encodeCompareAndSet,
  encodeDelete,
  encodeSet,
} from './key-value-operation.ts'

/**
 * A replicated map of text to bytes. Anybody may write any key; a client that must not overwrite what it has not seen
 * compares and sets. Every value, and every absence, is proved against the state root.
 *
 * A query's text is the key. An operation is answered with code 0 and no data, a deletion with one byte that tells whether
 * there was something to delete.
 */
export const KEY_VALUE_CODE = { malformed: 1, otherValue: 2 } as const

const MALFORMED: Refusal = {
  code: 'MALFORMED',
  message: 'this is not an operation of the key-value application',
}

/** @param options `{ signatures?: 'required' | 'none' }`, default `required` @throws TypeError */
export default function createKeyValue(options: unknown): Application {
  const fields = recordOf(options, ['signatures'])
  return createMapApplication({
    signatures: readSignatures(fields),
    genesis: () => [],
    check: ({ operation }) => (decodeKeyValueOperation(operation) === undefined ? MALFORMED : null),
    decide(state, { operation }) {
      const decoded = decodeKeyValueOperation(operation)
      if (decoded === undefined)
        return { type: 'refused', code: KEY_VALUE_CODE.malformed, refusal: MALFORMED }
      return decide(state, decoded)
    },
    locate: locateKey,
  })
}

const NOTHING = new Uint8Array(0)

function decide(state: ReadableState, operation: KeyValueOperation): Decision {
  const { key } = operation
  switch (operation.type) {
    case 'set':
      return { type: 'done', data: NOTHING, changes: [{ key, value: operation.value }] }
    case 'delete': {
      const existed = state.has(key)
      return {
        type: 'done',
        data: Uint8Array.of(existed ? 1 : 0),
        changes: existed ? [{ key, value: null }] : [],
      }
    }
    case 'compare-and-set': {
      if (isExpected(state.get(key), operation.expectedHash)) {
        return { type: 'done', data: NOTHING, changes: [{ key, value: operation.value }] }
      }
      const message = 'the key does not have the expected value'
      return { type: 'refused', code: KEY_VALUE_CODE.otherValue, refusal: { code: 'OTHER_VALUE', message } }
    }
  }
}

function isExpected(value: Uint8Array | undefined, expectedHash: Uint8Array | null): boolean {
  if (value === undefined || expectedHash === null) return value === undefined && expectedHash === null
  return equalBytes(sha256(value), expectedHash)
}
