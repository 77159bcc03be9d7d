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
    name: 'accepted-proposals-not-on-disk',
    why: 'after a crash a second proposal would be accepted, and committed to, where the first was prepared',
    pool: 'two minds',
    patches: [
      {
        file: 'pbft/normal-case.ts',
        find: "    state.effects.push({ type: 'persist', record: { type: 'accepted', prePrepare: message } })\n",
        replace: '',
      },
    ],
  },
  {
    name: 'accepted-proposals-not-on-disk-nor-guarded',
    why: 'after a crash a second proposal would be prepared; the sign guard refuses that alone, and is off too',
    pool: 'two minds',
    patches: [
      {
        file: 'pbft/normal-case.ts',
        find: "    state.effects.push({ type: 'persist', record: { type: 'accepted', prePrepare: message } })\n",
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
    name: 'memory-regained-on-one-answer',
    why: 'the one that answers may not have heard what it said',
    pool: 'forgetful, one answer',
    patches: [
      {
        file: RECOVERY,
        find: 'if (answers.length < quorumOf(state.config) - 1) return noteAhead(state)',
        replace: 'if (answers.length < 1) return noteAhead(state)',
      },
    ],
  },
  {
    name: 'answers-to-other-questions-count',
    why: 'who does not know of the question does not know that it must tell what it heard',
    pool: 'forgetful, unheard',
    patches: [
      { file: RECOVERY, find: '  if (status.answers !== state.amnesia.question) return\n', replace: '' },
    ],
  },
  {
    name: 'memory-regained-below-the-barrier',
    why: 'what it prepared there may be committed, and its next VIEW-CHANGE would not say so',
    pool: 'forgetful, prepared',
    patches: [
      {
        file: RECOVERY,
        find: 'if (lowWatermark(state) < barrier || state.executed',
        replace: 'if (state.executed',
      },
    ],
  },
  {
    name: 'amnesia-forgotten-with-the-next-start',
    why: 'a member that had not caught up would vote after a second crash',
    pool: 'forgetful, twice',
    patches: [
      {
        file: 'runtime/load.ts',
        find: '  if (store.get(diskNames.amnesia) !== undefined) return true\n',
        replace: '',
      },
    ],
  },
  {
    name: 'departures-not-told-to-those-without-memory',
    why: 'who left a view may not vote in it, even if it forgot that it left; it is told so in two ways, and both are off',
    pool: 'forgetful',
    patches: [
      { file: RECOVERY, find: ' && left <= state.view', replace: '' },
      {
        file: 'pbft/status.ts',
        find: '  if (forgotten !== undefined) proofs.push(forgotten.proof)\n',
        replace: '',
      },
    ],
  },
  {
    name: 'forgetful-primary-not-left',
    why: 'it would propose anew what it proposed to a member that did not answer',
    pool: 'forgetful primary',
    patches: [
      {
        file: RECOVERY,
        find: 'if (!state.viewActive || isPrimary(state))',
        replace: 'if (!state.viewActive)',
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
  {
    name: 'share-confirmed-before-it-is-on-disk',
    why: 'after a crash fewer could sign than the log says',
    pool: 'slow vaults',
    patches: [{ file: 'runtime/ceremony-part.ts', find: 'isKept: share === null', replace: 'isKept: true' }],
  },
]
