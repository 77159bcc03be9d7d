import type { Defect } from './defect.ts'

const DRIVER = 'runtime/driver.ts'
const RECOVERY = 'pbft/recovery.ts'
const REPLICA = 'pbft/replica.ts'

/** What must survive a crash, and what a member without memory may do. */
export const MEMORY_DEFECTS: readonly Defect[] = [
  {
    name: 'votes-not-on-disk-before-they-are-said',
    why: 'after a power failure a member would not know what it said',
    pool: 'crashes',
    patches: [
      {
        file: DRIVER,
        find: 'this.#ports.store.write(operations, { sync: true }',
        replace: 'this.#ports.store.write(operations, { sync: false }',
      },
    ],
  },
  {
    name: 'votes-not-on-disk-at-all',
    why: 'after a crash a member would not know what it said',
    pool: 'crashes',
    patches: [
      { file: DRIVER, find: '    if (signed !== null) operations.push(...signed.operations)\n', replace: '' },
    ],
  },
  {
    name: 'sign-guard-empty-after-a-start',
    why: 'a primary that counts from the checkpoint again would propose a second time; its counting is taken away too',
    pool: 'crashes',
    patches: [
      {
        file: 'pbft/recovery.ts',
        find: '    if (message.view === state.view && above > state.nextSequence) state.nextSequence = above\n',
        replace: '',
      },
      {
        file: 'runtime/replica-runtime.ts',
        find: '    for (const message of records.own) guard.remember(message)\n',
        replace: '',
      },
    ],
  },
  {
    name: 'prepared-certificates-not-on-disk',
    why: 'after a power failure nobody would know what was committed',
    pool: 'blackouts',
    patches: [
      {
        file: 'pbft/normal-case.ts',
        find: "      state.effects.push({ type: 'persist', record: { type: 'prepared', certificate } })\n",
        replace: '',
      },
    ],
  },
  {
    name: 'prepared-certificates-not-read',
    why: 'the next VIEW-CHANGE must carry what was prepared before the crash',
    pool: 'blackouts',
    patches: [
      {
        file: REPLICA,
        find: 'for (const certificate of records.prepared) restorePrepared(state, certificate)',
        replace: '',
      },
      {
        file: REPLICA,
        find: '  for (const { prepares } of records.prepared) for (const message of prepares) onMessage(state, message)\n',
        replace: '',
      },
    ],
  },
  {
    name: 'sign-guard-off',
    why: 'after a crash it is the last to refuse a second proposal; the primary, which counts on from what it said, is made to count from the checkpoint',
    pool: 'crashes',
    patches: [
      {
        file: RECOVERY,
        find: '    if (message.view === state.view && above > state.nextSequence) state.nextSequence = above\n',
        replace: '',
      },
      {
        file: 'runtime/signing.ts',
        find: 'asked === null || guard.permit(',
        replace: 'asked === null || true || guard.permit(',
      },
    ],
  },
  {
    name: 'member-without-memory-votes-at-once',
    why: 'it may say something else than it said before',
    pool: 'wipes',
    patches: [
      {
        file: RECOVERY,
        find: 'const forgetful = records.amnesia && state.config.self !== null',
        replace: 'const forgetful = false && state.config.self !== null',
      },
    ],
  },
  {
    name: 'accepted-before-it-is-on-disk',
    why: 'a client was told that its transaction is safe',
    pool: 'crashes',
    patches: [
      { file: 'runtime/batches.ts', find: '{ sync: durable !== undefined }', replace: '{ sync: false }' },
    ],
  },
  {
    name: 'snapshot-restored-without-receipts',
    why: 'repeated transactions would be executed again; only the chain of hashes shows what was there',
    pool: 'repeats',
    patches: [
      {
        file: 'membership/replicated-state.ts',
        find: 'for (const segment of system.segments) this.#window.add(segment)',
        replace: 'for (const segment of system.segments) this.#window.add({ ...segment, receipts: [] })',
      },
    ],
  },
]
