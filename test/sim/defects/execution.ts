import type { Defect } from './defect.ts'

const STATE = 'membership/replicated-state.ts'
const WINDOW = 'membership/window.ts'
const BATCHES = 'runtime/batches.ts'

/** What is executed, once, and what is held for it. */
export const EXECUTION_DEFECTS: readonly Defect[] = [
  {
    name: 'repeated-transaction-executed-again',
    why: 'at most once',
    pool: 'repeats',
    patches: [{ file: STATE, find: ' || this.#window.receipt(named.id) !== undefined', replace: '' }],
  },
  {
    name: 'repeated-in-one-proposal-executed-twice',
    why: 'at most once, also when two members spread it at the same time',
    pool: 'repeats',
    patches: [{ file: STATE, find: 'seen.has(named.id) || ', replace: '' }],
  },
  {
    name: 'expired-transaction-executed',
    why: 'nobody remembers whether it was executed before',
    pool: 'repeats',
    patches: [
      {
        file: STATE,
        find: "} else if (admission !== 'admissible') {",
        replace: "} else if (admission === 'early') {",
      },
    ],
  },
  {
    name: 'early-transaction-executed',
    why: 'its receipt would go before it is expired',
    patches: [
      {
        file: WINDOW,
        find: "return timestampMs > logTimeMs + TIMESTAMP_AHEAD_MAX_MS ? 'early' : 'admissible'",
        replace: "return 'admissible'",
      },
    ],
  },
  {
    name: 'receipts-go-while-transactions-are-admissible',
    why: 'a transaction may be from the future of the log, and is admissible for so much longer',
    pool: 'short windows',
    patches: [
      {
        file: WINDOW,
        find: 'const guardsUntilMs = oldest.logTimeMs + TIMESTAMP_AHEAD_MAX_MS',
        replace: 'const guardsUntilMs = oldest.logTimeMs',
      },
    ],
  },
  {
    name: 'log-time-goes-back',
    why: 'a null request has no time, and after it all transactions would be early',
    pool: 'views',
    patches: [
      { file: STATE, find: 'Math.max(this.#logTimeMs, proposal.logTimeMs)', replace: 'proposal.logTimeMs' },
    ],
  },
  {
    name: 'client-signatures-not-checked',
    why: 'a member could order what no client signed',
    pool: 'enemies',
    enemies: ['invalid-batches'],
    patches: [
      {
        file: 'runtime/batch-checks.ts',
        find: 'return [author, ...signed.map(clientClaim)]',
        replace: 'return [author]',
      },
    ],
  },
  {
    name: 'no-share-of-what-waits-for-each-author',
    why: 'one member could fill the memory of the others with batches that are all valid',
    pool: 'many batches',
    patches: [
      {
        file: BATCHES,
        find: '    return waiting.batches >= batchesPerAuthorMax || waiting.bytes + batch.bytes.length > bytesPerAuthorMax\n',
        replace: '    return false\n',
      },
    ],
  },
  {
    name: 'forgotten-receipts-leave-no-floor',
    why: 'what was executed and forgotten because too many receipts were kept would be executed once more',
    pool: 'few receipts',
    patches: [{ file: WINDOW, find: '      if (isNeeded) this.#floorMs = guardsUntilMs\n', replace: '' }],
  },
  {
    name: 'named-body-let-go-when-settled',
    why: 'a proposal in the log may still have it executed once more',
    pool: 'repeats',
    enemies: ['repeating'],
    patches: [
      {
        file: BATCHES,
        find: 'if (!named.has(batch.digest)) this.#drop(batch)',
        replace: 'this.#drop(batch)',
      },
    ],
  },
  {
    name: 'named-body-pruned-with-history',
    why: 'a proposal in the log may still have it executed once more',
    pool: 'snapshots',
    enemies: ['repeating'],
    patches: [
      {
        file: 'runtime/pruning.ts',
        find: '      if (digests.some(one => named.has(one))) return operations\n',
        replace: '',
      },
      {
        file: 'runtime/pruning.ts',
        find: '      if (this.#isNamedLater(one, sequence)) continue\n',
        replace: '',
      },
    ],
  },
  {
    name: 'missing-body-not-asked-for',
    why: 'gossip may lose it, and then a view is left for nothing',
    pool: 'bodies lost',
    patches: [
      {
        file: 'runtime/parts.ts',
        find: 'if (!batches.find(digest)) fetcher.fetch(digest)',
        replace: 'batches.find(digest)',
      },
    ],
  },
  {
    name: 'what-waits-not-spread-again',
    why: 'a batch that nobody else has would never be ordered',
    pool: 'windows',
    patches: [
      {
        file: BATCHES,
        find: '      this.#components.publish(encodeAgain(held.batch, attempt))\n',
        replace: '      encodeAgain(held.batch, attempt)\n',
      },
    ],
  },
]
