import { createHash } from 'node:crypto'

const NOTHING = new Uint8Array(0)
const encode = count => new TextEncoder().encode(String(count))
const rootOf = state => new Uint8Array(createHash('sha256').update(state).digest())
const isRootOf = (root, state) => Buffer.compare(rootOf(state), root) === 0
const BAD_STEP = { code: 'BAD_STEP', message: 'an operation is one byte from 1 to 255: how much to add' }

/** A replicated counter. Options: { start }. */
export default function createCounter(options) {
  const start = options?.start ?? 0
  let count = start
  const check = ({ operation }) => (operation.length === 1 && operation[0] > 0 ? null : BAD_STEP)
  const add = transaction => {
    if (check(transaction) !== null) return { code: 1, data: new TextEncoder().encode(BAD_STEP.message) }
    count += transaction.operation[0]
    return { code: 0, data: encode(count) }
  }
  return {
    signatures: 'none',
    check,
    checkAgainstState: check,
    execute: transactions => transactions.map(add),
    stateRoot: () => rootOf(encode(count)),
    query: key =>
      key === 'count'
        ? { value: encode(count), proof: NOTHING }
        : { code: 'NO_SUCH_KEY', message: 'there is only "count"' },
    verify: (root, key, { value, proof }) =>
      key === 'count' && value !== null && proof.length === 0 && isRootOf(root, value),
    snapshot: () => {
      const state = encode(count)
      return { chunkCount: 1, chunk: () => state }
    },
    verifyChunk: (root, index, chunkCount, chunk) => index === 0 && chunkCount === 1 && isRootOf(root, chunk),
    restore: ([state]) => {
      count = state === undefined ? start : Number(new TextDecoder().decode(state))
    },
  }
}
